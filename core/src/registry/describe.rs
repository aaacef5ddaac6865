//! What listings say about endpoints.

use crate::definition::Endpoint;
use crate::schema::Annotations;
use crate::types::OutputEffects;

/// What `tools/list` says about a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDescription {
    /// Its name.
    pub name: String,
    /// What it does, empty if the author doesn't say.
    pub description: String,
    /// JSON Schema of its arguments; always of type `object`.
    pub input_schema: serde_json::Value,
    /// JSON Schema of its structured content, if it declares a `return` that has one; always of type `object`.
    pub output_schema: Option<serde_json::Value>,
    /// Hints about its behaviour.
    pub annotations: Option<Annotations>,
}

impl ToolDescription {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let effects = endpoint.policies.effects();
        let effects = OutputEffects {
            filtered: effects.filtered,
            masked: effects.masked,
            filters_sensitive: effects.filters_sensitive,
        };
        Self {
            name: endpoint.name.clone(),
            description: endpoint.description.clone().unwrap_or_default(),
            input_schema: endpoint.parameters.input_schema(),
            // Images, sound and resources are content blocks, and nothing is sent twice.
            output_schema: endpoint
                .returns
                .as_ref()
                .filter(|returns| returns.content_plan().is_none())
                .map(|returns| returns.output_schema(&effects)),
            annotations: endpoint.annotations.clone(),
        }
    }
}
