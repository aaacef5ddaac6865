//! `resources/read`.

use mxcp_core::call::{Call, CallError, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::uri_template::is_uri;
use mxcp_core::value::Object;
use mxcp_mcp::wire;
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ReadResourceRequestParams, ReadResourceResult, ResourceContents, ServerResult,
};
use serde_json::json;

use super::finished;
use crate::execution::{self, Forwarded};
use crate::front::Turn;

pub(super) fn read(
    turn: &mut Turn<'_>,
    request: &ReadResourceRequestParams,
) -> Result<ServerResult, ErrorData> {
    let uri = &request.uri;
    if !is_uri(uri) {
        let data = json!({ "uri": uri });
        return Err(ErrorData::invalid_params("Invalid params: `uri` must be a URI", Some(data)));
    }
    let contents = match read_uri(turn, uri) {
        None => return Err(wire::unknown_resource(uri, turn.revision.modern)),
        Some(contents) => contents.map_err(|error| wire::read_failure(uri, &error))?,
    };
    let mut result = ReadResourceResult::new(vec![contents]);
    if turn.revision.modern {
        // What a query gives may be another thing the next moment, and for the next caller.
        result.ttl_ms = Some(0);
        result.cache_scope = Some(CacheScope::Private);
    }
    Ok(finished(turn, result, |result| &mut result.meta))
}

/// The content of a URI, read as any call is. None if no resource has it, as far as this caller may know.
pub(super) fn read_uri(turn: &mut Turn<'_>, uri: &str) -> Option<Result<ResourceContents, CallError>> {
    let front = turn.front;
    for (name, arguments) in front.registry().resources_at(uri) {
        let read = read_one(turn, uri, name, arguments);
        // One that hides itself from the caller must not stand before another one that has the URI too.
        if !matches!(read, Err(CallError::UnknownEndpoint { .. })) {
            return Some(read);
        }
    }
    None
}

fn read_one(
    turn: &mut Turn<'_>,
    uri: &str,
    name: &str,
    arguments: Object,
) -> Result<ResourceContents, CallError> {
    let endpoint = turn.front.registry().get(Kind::Resource, name);
    let declared = endpoint.and_then(|endpoint| endpoint.mime_type.clone());
    let call = Call {
        kind: Kind::Resource,
        name: name.to_owned(),
        arguments,
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: OutputValidation::Check,
    };
    let reply = execution::run(turn, call, &Forwarded::Resource { uri });
    let binary = reply.is_binary();
    reply.into_result().map(|success| wire::contents(uri, declared.as_deref(), &success, binary))
}
