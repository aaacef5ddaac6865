//! `tools/call`.

use mxcp_core::call::{Call, CallError, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::value::Object;
use mxcp_mcp::wire;
use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, CallToolResult, ServerResult};
use serde_json::Value as Json;

use super::finished;
use crate::execution::{self, Forwarded};
use crate::front::Turn;

pub(super) fn call(turn: &mut Turn<'_>, request: CallToolRequestParams) -> Result<ServerResult, ErrorData> {
    let name = request.name.into_owned();
    let arguments = request.arguments.unwrap_or_default();
    let result = run(turn, &name, arguments).or_else(|error| wire::failure(&name, &error))?;
    Ok(finished(turn, result, |result| &mut result.meta))
}

fn run(
    turn: &mut Turn<'_>,
    name: &str,
    arguments: serde_json::Map<String, Json>,
) -> Result<CallToolResult, CallError> {
    let call = Call {
        kind: Kind::Tool,
        name: name.to_owned(),
        arguments: Object::from_json(arguments.clone()),
        unknown_arguments: UnknownArguments::Drop,
        output_validation: OutputValidation::Check,
    };
    let reply = execution::run(turn, call, &Forwarded::Tool { name, arguments: &arguments });
    let format = reply.endpoint().map(|endpoint| endpoint.delivery.text).unwrap_or_default();
    reply.into_result().map(|success| wire::success(&success, format))
}
