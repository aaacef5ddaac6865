//! `resources/list`, `resources/templates/list` and `resources/read`.

use mxcp_core::call::{Call, CallContext, CallError, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::registry::Success;
use mxcp_core::uri_template::is_uri;
use mxcp_core::value::Object;
use mxcp_runtime::{Freshness, Link};
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ResourceContents,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::json;

use crate::asking::{self, Asking, Retry};
use crate::panic::caught;
use crate::server::Server;
use crate::tools::{is_modern, scope};
use crate::{context, listing, notifications, results};
use mxcp_mcp::{exact, wire};

/// One page of the resources without placeholders.
///
/// # Errors
/// The cursor is none of ours.
pub(crate) fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
) -> Result<ListResourcesResult, ErrorData> {
    let part = listing::part(server, request, context)?;
    let mut result = ListResourcesResult::with_all_items(part.items);
    result.next_cursor = part.next;
    (result.ttl_ms, result.cache_scope, result.meta) = listing::notes(server, context);
    Ok(result)
}

/// One page of the resources with placeholders.
///
/// # Errors
/// The cursor is none of ours.
pub(crate) fn list_templates(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
) -> Result<ListResourceTemplatesResult, ErrorData> {
    let part = listing::part(server, request, context)?;
    let mut result = ListResourceTemplatesResult::with_all_items(part.items);
    result.next_cursor = part.next;
    (result.ttl_ms, result.cache_scope, result.meta) = listing::notes(server, context);
    Ok(result)
}

/// Reads a resource.
///
/// # Errors
/// There is no such resource, its arguments are wrong, it can't be read, the client can't answer what it asks, or what the
/// client brought along is wrong.
pub(crate) async fn read(
    server: &Server,
    request: ReadResourceRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<ReadResourceResponse, ErrorData> {
    if !is_uri(&request.uri) {
        let data = json!({ "uri": request.uri });
        return Err(ErrorData::invalid_params("Invalid params: `uri` must be a URI", Some(data)));
    }
    if let Some(result) = results::read(server, &request.uri, context).await {
        return result.map(Into::into);
    }
    let modern = is_modern(context);
    let facts = context::of_call(server.request_ids(), context);
    let asked = asking::Request {
        method: "resources/read",
        name: &request.uri,
        arguments: None,
        principal: facts.principal.as_deref(),
    };
    let retry = Retry { answers: request.input_responses, state: request.request_state };
    let asking = Asking::of_request(server, context, asked, retry).await?;
    let freshness = Freshness::default();
    let link = |link: Link| Link { freshness: freshness.clone(), ..link };
    let work = |given| read_uri(server, &request.uri, facts, link(given));
    let reading = match notifications::linked(server, context, &asking, work).await {
        None => return Err(wire::unknown_resource(&request.uri, modern)),
        Some(Ok(reading)) => reading,
        Some(Err(error)) => match asking.input_required(server, &error)? {
            Some(questions) => return Ok(questions.into()),
            None => return Err(wire::read_failure(&request.uri, &error)),
        },
    };
    let mut result = if exact::is_asked(&context.meta) {
        let mut result = ReadResourceResult::new(Vec::new());
        result.meta = Some(exact::encode(&reading.success, reading.binary));
        result
    } else {
        ReadResourceResult::new(vec![reading.contents(&request.uri)])
    };
    if modern {
        // Unless somebody says otherwise, what a query gives may be another thing the next moment, and for the next caller.
        let lasts = freshness.lasts();
        result.ttl_ms = Some(lasts.map_or(0, |lasts| wire::milliseconds(lasts.left)));
        result.cache_scope = Some(lasts.map_or(CacheScope::Private, scope));
        result.meta.get_or_insert_default().extend(server.identity());
    }
    Ok(result.into())
}

/// What was read of a resource.
pub(crate) struct Reading {
    success: Success,
    binary: bool,
    declared: Option<String>,
}

impl Reading {
    /// What was read, as MCP has it.
    pub(crate) fn contents(&self, uri: &str) -> ResourceContents {
        wire::contents(uri, self.declared.as_deref(), &self.success, self.binary)
    }
}

/// The content of a URI, read as any call is: with validation, policies and audit. None if no resource has it.
///
/// A resource that hides itself from the caller must not stand before another one that has the URI too.
pub(crate) async fn read_uri(
    server: &Server,
    uri: &str,
    facts: CallContext,
    link: Link,
) -> Option<Result<Reading, CallError>> {
    let registry = server.pipeline().registry();
    for (name, arguments) in registry.resources_at(uri) {
        let read = read_one(server, name, arguments, facts.clone(), link.clone()).await;
        if !matches!(read, Err(CallError::UnknownEndpoint { .. })) {
            return Some(read);
        }
    }
    None
}

async fn read_one(
    server: &Server,
    name: &str,
    arguments: Object,
    facts: CallContext,
    link: Link,
) -> Result<Reading, CallError> {
    server.admits_calls()?;
    let registry = server.pipeline().registry();
    let declared = registry.get(Kind::Resource, name).and_then(|endpoint| endpoint.mime_type.clone());
    let call = Call {
        kind: Kind::Resource,
        name: name.to_owned(),
        arguments,
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: OutputValidation::Check,
    };
    let request_id = facts.request_id.clone();
    let Ok(reply) = caught(Box::pin(server.pipeline().call(call, facts, link))).await else {
        tracing::error!(request_id, resource = name, "call panicked");
        return Err(CallError::Internal { request_id });
    };
    let binary = reply.is_binary();
    reply.into_result().map(|success| Reading { success, binary, declared })
}
