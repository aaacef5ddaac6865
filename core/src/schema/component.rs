//! What components may reach and use, as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json;

/// What a component may reach. Whatever is not named here is denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct Permissions {
    /// Hosts it may send HTTP requests to: `api.example.com`, `api.example.com:8443`, or `*.example.com` for all below
    /// a domain.
    pub http: Option<Vec<String>>,
    /// Whether it may query the project's database.
    pub sql: Option<SqlAccess>,
    /// Names of the secrets it may read.
    pub secrets: Option<Vec<String>>,
    /// Names of the environment variables it may read.
    pub env: Option<Vec<String>>,
    /// Folders of the project it may use.
    pub files: Option<Vec<FolderAccess>>,
}

/// What a component may do with the project's database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SqlAccess {
    /// Queries that change nothing.
    Read,
    /// Any statement.
    Write,
}

/// A folder that a component may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderAccess {
    /// The folder, relative to the project root.
    pub folder: String,
    /// What the component sees it as; `/` and its name if absent.
    pub mount: Option<String>,
    /// Whether it may write there; false if absent.
    pub write: Option<bool>,
}

/// How much a component may use for one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct ComponentLimits {
    /// Longest time in milliseconds; 30,000 if absent, and never more than a call may take.
    pub time_ms: Option<u64>,
    /// Most memory in MiB; 256 if absent.
    pub memory_mb: Option<u64>,
    /// Largest result in KiB; 10,240 if absent.
    pub output_kb: Option<u64>,
    /// Most instructions, roughly; not counted if absent.
    pub fuel: Option<u64>,
    /// Whether an instance is used for one call after another, which saves its start and lets it remember; false if absent.
    pub reuse: Option<bool>,
}

/// A function of a component that SQL may call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlFunction {
    /// What SQL calls it; the name of the export, with `_` for `-`, if absent.
    pub name: Option<String>,
    /// The component's file, relative to the project root.
    pub file: String,
    /// The function: `acme:text/analysis.sentiment`, or `sentiment` where its world exports it.
    pub export: String,
    /// What it may reach.
    pub permissions: Option<Permissions>,
    /// How much it may use for the rows that it is given at a time.
    pub limits: Option<ComponentLimits>,
}
