//! What a server is configured to be.

use schemars::JsonSchema;
use serde::Serialize;

/// What the server is configured to be. No secrets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConfigResponse {
    /// Always `ok`.
    pub status: &'static str,
    /// Name of the project.
    pub project: String,
    /// Name of the active profile.
    pub profile: String,
    /// The project's folder.
    pub repository_path: String,
    /// The database as configured; null while there is nothing that calls could run on.
    pub duckdb_path: Option<String>,
    /// Whether the server was told to open the database for reading only.
    pub readonly: bool,
    /// Whether details are logged.
    pub debug: bool,
    /// How many endpoints are served.
    pub endpoints: EndpointCounts,
    /// What is switched on.
    pub features: Features,
    /// How clients connect: `streamable-http`, `sse` or `stdio`.
    pub transport: &'static str,
}

/// How many endpoints are served, built-in ones left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EndpointCounts {
    /// Tools.
    pub tools: usize,
    /// Prompts.
    pub prompts: usize,
    /// Resources.
    pub resources: usize,
}

/// What is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Features {
    /// The built-in SQL tools.
    pub sql_tools: bool,
    /// The record of calls.
    pub audit_logging: bool,
    /// Traces and metrics.
    pub telemetry: bool,
}
