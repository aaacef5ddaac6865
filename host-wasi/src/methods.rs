//! The methods of MCP, each in the module of its noun.

mod lifecycle;
mod listing;
mod prompts;
mod resources;
mod tools;

use mxcp_mcp::{completion, params};
use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CustomRequest, EmptyResult, MetaObject, ServerResult};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::front::Turn;
use crate::message::Call;

/// The result of a request.
///
/// # Errors
/// There is none.
pub(crate) fn answer(turn: &mut Turn<'_>, call: &Call) -> Result<ServerResult, ErrorData> {
    let modern = turn.revision.modern;
    match call.method.as_str() {
        "initialize" if !modern => lifecycle::initialize(turn, read(turn, call)?),
        "ping" if !modern => Ok(ServerResult::EmptyResult(EmptyResult {})),
        "server/discover" => lifecycle::discover(turn),
        "tools/list" => listing::tools(turn, read(turn, call)?),
        "tools/call" => tools::call(turn, read(turn, call)?),
        "resources/list" => listing::resources(turn, read(turn, call)?),
        "resources/templates/list" => listing::templates(turn, read(turn, call)?),
        "resources/read" => resources::read(turn, &read(turn, call)?),
        "prompts/list" => listing::prompts(turn, read(turn, call)?),
        "prompts/get" => prompts::get(turn, read(turn, call)?),
        "completion/complete" => {
            let caller = turn.context();
            let request: CompleteRequestParams = read(turn, call)?;
            let result = completion::complete(turn.front.registry(), &request, &caller, modern)?;
            Ok(finished(turn, result, |result| &mut result.meta))
        }
        // What needs a connection to the client: logging, subscriptions.
        method => {
            let message = format!("Method not found: {method}");
            Err(ErrorData::new(rmcp::model::ErrorCode::METHOD_NOT_FOUND, message, None))
        }
    }
}

/// The params of a method.
fn read<T: DeserializeOwned>(turn: &Turn<'_>, call: &Call) -> Result<T, ErrorData> {
    T::deserialize(&call.params).map_err(|_| {
        let params = Json::Object(call.params.clone());
        params::refusal(&CustomRequest::new(call.method.clone(), Some(params)), turn.revision.modern)
    })
}

/// A result as the request's revision has it: since 2026-07-28 it names the server and says that it is complete.
fn finished<T: Into<ServerResult>>(
    turn: &Turn<'_>,
    mut result: T,
    meta: impl FnOnce(&mut T) -> &mut Option<MetaObject>,
) -> ServerResult {
    if turn.revision.modern {
        *meta(&mut result) = Some(turn.front.identity());
        return result.into();
    }
    let mut result = result.into();
    result.strip_result_type_for_legacy_peer();
    result
}
