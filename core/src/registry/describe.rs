//! What listings say about endpoints.

use crate::definition::Endpoint;
use crate::schema::Annotations;
use crate::types::{Kind, OutputEffects};

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

/// What `resources/list` or `resources/templates/list` says about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceDescription {
    /// Its URI, with `{name}` where a parameter stands.
    pub uri: String,
    /// Whether the URI has placeholders.
    pub is_template: bool,
    /// Its name: the URI, if it has none of its own.
    pub name: String,
    /// What it holds, empty if the author doesn't say.
    pub description: String,
    /// MIME type of its content: as declared, or what its `return` makes of it.
    pub mime_type: String,
}

impl ResourceDescription {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let is_text =
            endpoint.returns.as_ref().is_some_and(|returns| matches!(returns.kind(), Kind::String(_)));
        let derived = if is_text { "text/plain" } else { "application/json" };
        Self {
            uri: endpoint.name.clone(),
            is_template: endpoint.name.contains('{'),
            name: endpoint.title.clone().unwrap_or_else(|| endpoint.name.clone()),
            description: endpoint.description.clone().unwrap_or_default(),
            mime_type: endpoint.mime_type.clone().unwrap_or_else(|| derived.to_owned()),
        }
    }
}

/// What `prompts/list` says about a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptDescription {
    /// Its name.
    pub name: String,
    /// What it is for, empty if the author doesn't say.
    pub description: String,
    /// What it takes, what must be given first.
    pub arguments: Vec<PromptArgument>,
}

/// What `prompts/list` says about a parameter of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// What it is, empty if the author doesn't say.
    pub description: String,
    /// Whether it must be given.
    pub required: bool,
}

impl PromptDescription {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let argument = |parameter: &crate::types::Parameter| PromptArgument {
            name: parameter.name.to_string(),
            description: parameter.ty.description().unwrap_or_default().to_owned(),
            required: parameter.is_required(),
        };
        let mut arguments: Vec<PromptArgument> = endpoint.parameters.given().map(argument).collect();
        arguments.sort_by_key(|argument| !argument.required);
        Self {
            name: endpoint.name.clone(),
            description: endpoint.description.clone().unwrap_or_default(),
            arguments,
        }
    }
}
