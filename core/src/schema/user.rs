//! The user file `config.yml` as written (spec `configuration.md` section 3).

mod auth;
mod mappings;
mod models;
mod telemetry;
mod transport;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use auth::{
    Auth, AuthMode, AuthProvider, Authorization, Client, GrantType, Keycloak, OAuthApp, Oidc, Persistence,
    PersistenceKind,
};
pub use mappings::{ClaimMappings, InOrder, RoleMappings};
pub use models::{Model, ModelKind, ModelPrice, ModelTools, Models};
pub use telemetry::{Metrics, OtlpProtocol, Telemetry, Tracing};
pub use transport::{Http, Scheme, Tls, Transport, TransportName, TrustProxy};

use super::Hidden;

/// The user file: what belongs to a person or machine rather than to a project.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Version of the format: 1.
    pub mxcp: Option<Json>,
    /// Settings by project.
    pub projects: Option<BTreeMap<String, Option<UserProject>>>,
    /// Access to HashiCorp Vault, for references `vault://PATH#KEY`.
    pub vault: Option<Vault>,
    /// Access to 1Password, for references `op://VAULT/ITEM/FIELD`.
    pub onepassword: Option<OnePassword>,
    /// How `serve` is reached.
    pub transport: Option<Transport>,
    /// Language models for evaluations.
    pub models: Option<Models>,
    /// The log.
    pub logging: Option<Logging>,
}

/// What the user file says about one project.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserProject {
    /// Settings by profile.
    pub profiles: Option<BTreeMap<String, Option<UserProfile>>>,
}

/// What the user file says about one profile of a project.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserProfile {
    /// Credentials of services.
    pub secrets: Option<Vec<UserSecret>>,
    /// Configuration of plug-ins.
    pub plugin: Option<PluginSettings>,
    /// Who may call.
    pub auth: Option<Auth>,
    /// Traces and metrics.
    pub telemetry: Option<Telemetry>,
}

/// The credentials of one service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserSecret {
    /// Name that endpoints and the site file know it by.
    pub name: String,
    /// A type of DuckDB's secrets, such as `http`, `s3` or `postgres`; any other word for what only endpoints use.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its parts, such as `BEARER_TOKEN`.
    pub parameters: Option<Hidden<serde_json::Map<String, Json>>>,
}

/// Configuration of plug-ins.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginSettings {
    /// Texts by block; the site file says which plug-in has which block.
    pub config: Option<BTreeMap<String, Option<PluginBlock>>>,
}

/// Settings of one plug-in.
pub type PluginBlock = BTreeMap<String, Hidden<String>>;

/// Access to HashiCorp Vault.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vault {
    /// Whether references to it are followed.
    pub enabled: bool,
    /// Its URL.
    pub address: Option<String>,
    /// Name of the environment variable that holds the token.
    pub token_env: String,
}

impl Default for Vault {
    fn default() -> Self {
        Self { enabled: false, address: None, token_env: "VAULT_TOKEN".to_owned() }
    }
}

/// Access to 1Password, through its command-line tool `op`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OnePassword {
    /// Whether references to it are followed.
    pub enabled: bool,
    /// Name of the environment variable that holds the token of the service account.
    pub token_env: String,
}

impl Default for OnePassword {
    fn default() -> Self {
        Self { enabled: false, token_env: "OP_SERVICE_ACCOUNT_TOKEN".to_owned() }
    }
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Logging {
    /// If false there is no log file, and only warnings and errors are logged.
    pub enabled: bool,
    /// File to log to as well; `~` is the home folder.
    pub path: Option<String>,
    /// What is logged: this level and those above.
    pub level: LogLevel,
    /// Levels of parts of the program, by name: `mxcp_duckdb`, or `mxcp_server.transport`.
    pub levels: BTreeMap<String, LogLevel>,
    /// How events are written.
    pub format: LogFormat,
    /// Bytes after which a new file is begun.
    pub max_bytes: u64,
    /// Number of full files that are kept.
    pub backup_count: u32,
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            enabled: true,
            path: None,
            level: LogLevel::Warning,
            levels: BTreeMap::new(),
            format: LogFormat::Text,
            max_bytes: 10 * 1024 * 1024,
            backup_count: 5,
        }
    }
}

/// The levels of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Every step.
    Debug,
    /// What happens.
    Info,
    /// What is likely not as meant.
    Warning,
    /// What failed.
    Error,
    /// Nothing but the end of the program.
    Critical,
}

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// An object of JSON on a line, for programs.
    Json,
}
