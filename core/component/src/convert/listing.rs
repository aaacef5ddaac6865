//! What listings say.

use mxcp_core::registry::{PromptArgument, PromptDescription, ResourceDescription, ToolDescription};
use mxcp_core::schema::Annotations;
use mxcp_core::value::{Object, Value};

use crate::bindings::exports::mxcp::core::listing as wit;

pub(crate) fn tool(tool: &ToolDescription, tags: Vec<String>) -> wit::Tool {
    wit::Tool {
        name: tool.name.clone(),
        description: tool.description.clone(),
        input_schema: tool.input_schema.to_string(),
        output_schema: tool.output_schema.as_ref().map(ToString::to_string),
        annotations: tool.annotations.as_ref().map(annotations),
        tags,
    }
}

fn annotations(annotations: &Annotations) -> wit::Annotations {
    wit::Annotations {
        title: annotations.title.clone(),
        read_only_hint: annotations.read_only_hint,
        destructive_hint: annotations.destructive_hint,
        idempotent_hint: annotations.idempotent_hint,
        open_world_hint: annotations.open_world_hint,
    }
}

pub(crate) fn resource(resource: ResourceDescription, tags: Vec<String>) -> wit::ResourceEntry {
    let ResourceDescription { uri, is_template, name, description, mime_type } = resource;
    wit::ResourceEntry { uri, is_template, name, description, mime_type, tags }
}

pub(crate) fn prompt(prompt: PromptDescription, tags: Vec<String>) -> wit::Prompt {
    let PromptDescription { name, description, arguments } = prompt;
    let argument = |argument: PromptArgument| {
        let PromptArgument { name, description, required } = argument;
        wit::PromptArgument { name, description, required }
    };
    wit::Prompt { name, description, arguments: arguments.into_iter().map(argument).collect(), tags }
}

pub(crate) fn resource_match((name, arguments): (&str, Object)) -> wit::ResourceMatch {
    wit::ResourceMatch { name: name.to_owned(), arguments: Value::Object(arguments).to_json_text() }
}
