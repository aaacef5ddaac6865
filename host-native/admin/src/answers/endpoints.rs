//! The definitions of a project.

use schemars::JsonSchema;
use serde::Serialize;

/// The definitions as they are on disk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EndpointListResponse {
    /// Tools, then resources, then prompts, each by path.
    pub endpoints: Vec<EndpointEntry>,
}

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EndpointEntry {
    /// Its file, absolute.
    pub path: String,
    /// `tool`, `resource` or `prompt`; null if it is not known.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// Its name; the URI of a resource that has none.
    pub name: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// What it is written in; null for prompts.
    pub language: Option<&'static str>,
    /// Whether it can be served.
    pub enabled: bool,
    /// Whether something is wrong with it.
    pub status: EndpointStatus,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// Whether something is wrong with a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndpointStatus {
    /// Nothing.
    Ok,
    /// It can't be served.
    Error,
}
