//! `prompts/get`.

use mxcp_core::call::{Call, CallError, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::value::{Object, Value};
use mxcp_mcp::wire;
use rmcp::ErrorData;
use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResult, PromptMessage, Resource, ServerResult,
};
use serde_json::Value as Json;

use super::{finished, resources};
use crate::execution::{self, Forwarded};
use crate::front::Turn;

pub(super) fn get(turn: &mut Turn<'_>, request: GetPromptRequestParams) -> Result<ServerResult, ErrorData> {
    let name = request.name;
    let mut arguments = Object::new();
    for (key, value) in request.arguments.unwrap_or_default() {
        let Json::String(text) = value else {
            let message = format!("Invalid params: `arguments.{key}` must be a string");
            return Err(ErrorData::invalid_params(message, None));
        };
        arguments.insert(key, Value::String(text));
    }
    let call = Call {
        kind: Kind::Prompt,
        name: name.clone(),
        arguments,
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: OutputValidation::Check,
    };
    let rendered = execution::run(turn, call, &Forwarded::Never).into_result();
    let rendered = rendered.map_err(|error| wire::render_failure(&name, &error))?;
    let mut messages = Vec::new();
    for message in wire::messages(&rendered.value) {
        let content = content(turn, &name, &message)?;
        messages.push(PromptMessage::new(message.role, content));
    }
    let mut result = GetPromptResult::new(messages);
    let endpoint = turn.front.registry().get(Kind::Prompt, &name);
    result.description = endpoint.and_then(|endpoint| endpoint.description.clone());
    Ok(finished(turn, result, |result| &mut result.meta))
}

/// What a message says. A resource of this project is read for the same caller, and comes along; another one is a link.
fn content(
    turn: &mut Turn<'_>,
    prompt: &str,
    message: &wire::Message<'_>,
) -> Result<ContentBlock, ErrorData> {
    match message.kind {
        "resource" => {
            let uri = message.text.trim();
            match resources::read_uri(turn, uri) {
                Some(Ok(contents)) => Ok(ContentBlock::resource(contents)),
                Some(Err(error)) => {
                    let message =
                        format!("Error rendering prompt {prompt}: can't read resource {uri}: {error}");
                    Err(ErrorData::internal_error(message, None))
                }
                None => Ok(ContentBlock::resource_link(Resource::new(uri, uri))),
            }
        }
        "image" => wire::media(message.text)
            .map_err(|problem| wire::render_failure(prompt, &CallError::Execution(problem))),
        _ => Ok(ContentBlock::text(message.text)),
    }
}
