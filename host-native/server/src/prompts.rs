//! `prompts/list` and `prompts/get`.

use mxcp_core::call::{Call, CallContext, CallError, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::uri_template::is_uri;
use mxcp_core::value::{Object, Value};
use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult, InputRequiredResult,
    ListPromptsResult, PaginatedRequestParams, PromptMessage, Resource,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::asking::{self, Asking, Retry};
use crate::panic::{Panicked, caught};
use crate::resources::read_uri;
use crate::server::Server;
use crate::tools::is_modern;
use crate::{context, listing, notifications};
use mxcp_mcp::wire;

/// One page of the prompts.
///
/// # Errors
/// The cursor is none of ours.
pub(crate) fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
) -> Result<ListPromptsResult, ErrorData> {
    let part = listing::part(server, request, context)?;
    let mut result = ListPromptsResult::with_all_items(part.items);
    result.next_cursor = part.next;
    (result.ttl_ms, result.cache_scope, result.meta) = listing::notes(server, context);
    Ok(result)
}

/// Renders a prompt.
///
/// # Errors
/// There is no such prompt, its arguments are wrong, it can't be rendered, the client can't answer what it or a resource in
/// it asks, or what the client brought along is wrong.
pub(crate) async fn get(
    server: &Server,
    request: GetPromptRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetPromptResponse, ErrorData> {
    let name = request.name;
    let facts = context::of_call(server.request_ids(), context);
    let asked = asking::Request {
        method: "prompts/get",
        name: &name,
        arguments: request.arguments.as_ref(),
        principal: facts.principal.as_deref(),
    };
    let retry = Retry { answers: request.input_responses, state: request.request_state };
    let asking = Asking::of_request(server, context, asked, retry).await?;
    let mut arguments = Object::new();
    for (key, value) in request.arguments.unwrap_or_default() {
        let serde_json::Value::String(text) = value else {
            let message = format!("Invalid params: `arguments.{key}` must be a string");
            return Err(ErrorData::invalid_params(message, None));
        };
        arguments.insert(key, Value::String(text));
    }
    let rendered = match render(server, &name, arguments, facts, (context, &asking)).await {
        Ok(rendered) => rendered,
        Err(error) => match asking.input_required(server, &error)? {
            Some(questions) => return Ok(questions.into()),
            None => return Err(wire::render_failure(&name, &error)),
        },
    };
    let mut messages = Vec::new();
    for (index, message) in wire::messages(&rendered).into_iter().enumerate() {
        match content(server, (name.as_str(), index + 1), &message, &asking, context).await? {
            Content::Block(block) => messages.push(PromptMessage::new(message.role, *block)),
            Content::Questions(questions) => return Ok((*questions).into()),
        }
    }
    let mut result = GetPromptResult::new(messages);
    let registry = server.pipeline().registry();
    result.description = registry.get(Kind::Prompt, &name).and_then(|endpoint| endpoint.description.clone());
    if is_modern(context) {
        result.meta = Some(server.identity());
    }
    Ok(result.into())
}

async fn render(
    server: &Server,
    name: &str,
    arguments: Object,
    facts: CallContext,
    (context, asking): (&RequestContext<RoleServer>, &Asking),
) -> Result<Value, CallError> {
    server.admits_calls()?;
    let call = Call {
        kind: Kind::Prompt,
        name: name.to_owned(),
        arguments,
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: OutputValidation::Check,
    };
    let request_id = facts.request_id.clone();
    let call = |link| caught(Box::pin(server.pipeline().call(call, facts, link)));
    match notifications::linked(server, context, asking, call).await {
        Ok(reply) => reply.into_result().map(|success| success.value),
        Err(Panicked) => {
            tracing::error!(request_id, prompt = name, "call panicked");
            Err(CallError::Internal { request_id })
        }
    }
}

/// What became of a message.
enum Content {
    Block(Box<ContentBlock>),
    /// A resource in it asks something.
    Questions(Box<InputRequiredResult>),
}

/// What a message says, of which the prompt and the number are given. A resource of this project is read for the same caller, and
/// comes along; another one is a link.
async fn content(
    server: &Server,
    (prompt, number): (&str, usize),
    message: &wire::Message<'_>,
    asking: &Asking,
    context: &RequestContext<RoleServer>,
) -> Result<Content, ErrorData> {
    let block = match message.kind {
        "resource" => {
            let uri = message.text.trim();
            let facts = context::of_call(server.request_ids(), context);
            let work = |link| read_uri(server, uri, facts, link);
            match notifications::linked(server, context, asking, work).await {
                Some(Ok(reading)) => ContentBlock::resource(reading.contents(uri)),
                Some(Err(error)) => {
                    if let Some(questions) = asking.input_required(server, &error)? {
                        return Ok(Content::Questions(Box::new(questions)));
                    }
                    let message =
                        format!("Error rendering prompt {prompt}: can't read resource {uri}: {error}");
                    return Err(ErrorData::internal_error(message, None));
                }
                None if !is_uri(uri) => {
                    let problem = format!("message {number} of type `resource` must be a URI, not `{uri}`");
                    return Err(wire::render_failure(prompt, &CallError::Execution(problem)));
                }
                None => ContentBlock::resource_link(Resource::new(uri, uri)),
            }
        }
        "image" => wire::media(message.text)
            .map_err(|problem| wire::render_failure(prompt, &CallError::Execution(problem)))?,
        _ => ContentBlock::text(message.text),
    };
    Ok(Content::Block(Box::new(block)))
}
