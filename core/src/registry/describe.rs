//! What listings say about endpoints.

use crate::schema::Annotations;

/// What `tools/list` says about a tool.
#[derive(Clone, Debug)]
pub struct ToolDescription {
    /// Its name.
    pub name: String,
    /// What it does, empty if the author doesn't say.
    pub description: String,
    /// JSON Schema of its arguments; always of type `object`.
    pub input_schema: serde_json::Value,
    /// JSON Schema of its structured content, if it declares a `return`; always of type `object`.
    pub output_schema: Option<serde_json::Value>,
    /// Hints about its behaviour.
    pub annotations: Option<Annotations>,
}
