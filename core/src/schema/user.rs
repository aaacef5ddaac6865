//! The user file `config.yml` as written (spec `configuration.md` section 3).
//!
//! Keys whose value is any JSON belong to parts of the program that check them themselves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// The user file: what belongs to a person or machine rather than to a project.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Version of the format: 1.
    pub mxcp: Option<Json>,
    /// Settings by project.
    pub projects: Option<BTreeMap<String, Option<UserProject>>>,
    /// Access to HashiCorp Vault.
    pub vault: Option<Json>,
    /// Access to 1Password.
    pub onepassword: Option<Json>,
    /// How `serve` is reached.
    pub transport: Option<Transport>,
    /// Language models for evaluations.
    pub models: Option<Json>,
    /// The log.
    pub logging: Option<Json>,
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
    pub secrets: Option<Json>,
    /// Configuration of plug-ins.
    pub plugin: Option<Json>,
    /// Who may call.
    pub auth: Option<Auth>,
    /// Traces and metrics.
    pub telemetry: Option<Json>,
}

/// Who may call.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Whether tokens are issued here or only verified.
    pub mode: Option<Json>,
    /// Who vouches for callers; `none` if absent.
    pub provider: Option<String>,
    /// Clients known beforehand.
    pub clients: Option<Json>,
    /// Scopes that are needed.
    pub authorization: Option<Json>,
    /// Where sessions are kept.
    pub persistence: Option<Json>,
    /// Settings of GitHub.
    pub github: Option<Json>,
    /// Settings of Salesforce.
    pub salesforce: Option<Json>,
    /// Settings of Google.
    pub google: Option<Json>,
    /// Settings of Atlassian.
    pub atlassian: Option<Json>,
    /// Settings of Keycloak.
    pub keycloak: Option<Json>,
    /// Settings of any other OpenID Connect provider.
    pub oidc: Option<Json>,
}

/// How `serve` is reached unless its options say otherwise.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transport {
    /// The transport itself; `streamable-http` if absent.
    pub provider: Option<TransportName>,
    /// Where HTTP listens, and how it is reached.
    pub http: Option<Http>,
}

/// The transports there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransportName {
    /// HTTP, answers and notifications on one path.
    StreamableHttp,
    /// The older HTTP transport with a separate event stream.
    Sse,
    /// Standard input and output.
    Stdio,
}

/// Where HTTP listens, and how it is reached.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Port; 8000 if absent.
    pub port: Option<u16>,
    /// Host name or address; `localhost` if absent.
    pub host: Option<String>,
    /// `http` or `https`, as clients reach the server.
    pub scheme: Option<Json>,
    /// URL under which clients reach the server.
    pub base_url: Option<Json>,
    /// Whether to believe the headers of a proxy in front.
    pub trust_proxy: Option<Json>,
    /// Whether requests stand alone, without sessions; false if absent.
    pub stateless: Option<bool>,
}
