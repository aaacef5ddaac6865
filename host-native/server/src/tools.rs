//! `tools/list` and `tools/call`.

use std::sync::Arc;

use hyper::body::Bytes;
use mxcp_core::call::{Call, CallContext, CallError, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::schema::TextFormat;
use mxcp_core::value::Object;
use mxcp_runtime::{Lasts, Link, Show, apart, is_long};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, Extensions, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ServerResult, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::asking::{self, Asking, Retry};
use crate::long::Long;
use crate::panic::{Panicked, caught};
use crate::server::Server;
use crate::tasks::{self, Way};
use crate::{context, listing, notifications, results};
use mxcp_mcp::{exact, wire};

/// What a call is answered with.
#[derive(Debug)]
pub(crate) enum Form {
    /// The result in exact values, for a host in front of this one.
    Exact,
    /// The result, or a part of it.
    Shown {
        /// The URL by which the client reaches the server, which links begin with.
        base: Option<Arc<str>>,
        /// Where a long list is put, if whoever answers writes those by themselves.
        long: Option<Long>,
    },
}

impl Form {
    /// What the client of a request is shown.
    pub(crate) fn shown(extensions: &Extensions) -> Self {
        Self::Shown { base: results::base(extensions), long: extensions.get().cloned() }
    }
}

/// Whether the request is of a revision that has no handshake and describes itself.
pub(crate) fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// One page of the tools that the caller may know of.
///
/// # Errors
/// The cursor is none of ours.
pub(crate) fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
) -> Result<ListToolsResult, ErrorData> {
    let part = listing::part(server, request, context)?;
    let mut result = ListToolsResult::with_all_items(part.items);
    result.next_cursor = part.next;
    (result.ttl_ms, result.cache_scope, result.meta) = listing::notes(server, context);
    Ok(result)
}

/// The first page of the tools for requests since 2026-07-28, as JSON; none where it depends on who asks.
pub(crate) fn first_page(server: &Server) -> Option<Bytes> {
    let catalog = server.catalog();
    catalog.first_tools(|| {
        let page = catalog.listed().common_page::<Tool>()?;
        let mut result = ListToolsResult::with_all_items(page.items.into_iter().cloned().collect());
        result.next_cursor = page.next;
        (result.ttl_ms, result.cache_scope, result.meta) = listing::modern_notes(server);
        serde_json::to_vec(&ServerResult::ListToolsResult(result)).ok().map(Bytes::from)
    })
}

/// Calls a tool.
///
/// # Errors
/// There is no such tool, the client can't answer what it asks, or what it brought along is wrong; every other failure is a
/// result that says so.
pub(crate) async fn call(
    server: &Server,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let name = request.name.into_owned();
    let retry = Retry { answers: request.input_responses, state: request.request_state };
    let facts = context::of_call(server.request_ids(), context);
    let way = tasks::of_call(server, &name, request.arguments.as_ref(), &facts, context)?;
    if let Way::Task(questions) = way {
        let task = tasks::Request { name, arguments: request.arguments, retry, facts, questions };
        return Box::pin(tasks::begin(server, task, context)).await;
    }
    let asking = if asking::may_ask(&server.pipeline().registry(), Kind::Tool, &name) {
        let asked = asking::Request {
            method: "tools/call",
            name: &name,
            arguments: request.arguments.as_ref(),
            principal: facts.principal.as_deref(),
        };
        Box::pin(Asking::of_request(server, context, asked, retry)).await?
    } else {
        Asking::Nobody
    };
    let arguments = Object::from_json(request.arguments.unwrap_or_default());
    let form = if exact::is_asked(&context.meta) { Form::Exact } else { Form::shown(&context.extensions) };
    let work = |link| perform(server, &name, arguments, facts, link, form);
    let outcome = notifications::linked(server, context, &asking, work).await;
    answer(server, &name, &asking, outcome, is_modern(context))
}

/// What a call is answered with that had an outcome.
///
/// # Errors
/// There is no such tool, or the client can't answer what it asks.
pub(crate) fn answer(
    server: &Server,
    name: &str,
    asking: &Asking,
    outcome: Result<CallToolResult, CallError>,
    modern: bool,
) -> Result<CallToolResponse, ErrorData> {
    let mut result = match outcome {
        Ok(result) => result,
        Err(error) => match asking.input_required(server, &error)? {
            Some(questions) => return Ok(questions.into()),
            None => wire::failure(name, &error)?,
        },
    };
    if modern {
        result.meta.get_or_insert_default().extend(server.identity());
    }
    Ok(result.into())
}

/// Makes a call, and gives what came of it; a panic stays within it.
pub(crate) async fn perform(
    server: &Server,
    name: &str,
    arguments: Object,
    facts: CallContext,
    link: Link,
    form: Form,
) -> Result<CallToolResult, CallError> {
    let request_id = facts.request_id.clone();
    caught(Box::pin(run(server, name, arguments, facts, link, form))).await.unwrap_or_else(|Panicked| {
        tracing::error!(request_id, tool = name, "call panicked");
        Err(CallError::Internal { request_id })
    })
}

/// Who may keep a result.
pub(crate) fn scope(lasts: Lasts) -> CacheScope {
    if lasts.public { CacheScope::Public } else { CacheScope::Private }
}

async fn run(
    server: &Server,
    name: &str,
    mut arguments: Object,
    facts: CallContext,
    link: Link,
    form: Form,
) -> Result<CallToolResult, CallError> {
    server.admits_calls()?;
    if let Some(sql_tools) = server.sql_tools()
        && let Some(tool) = server.catalog().built_in(name)
    {
        let success = sql_tools.call(tool, arguments, facts, server.pipeline(), link).await?;
        return Ok(wire::success(&success, TextFormat::Json));
    }
    let (exact, show, long) = match form {
        Form::Exact => (true, Show::Everything, None),
        Form::Shown { base, long } => (false, results::show(server, name, &mut arguments, base)?, long),
    };
    let link = Link { show, ..link };
    let call = Call {
        kind: Kind::Tool,
        name: name.to_owned(),
        arguments,
        unknown_arguments: UnknownArguments::Drop,
        output_validation: OutputValidation::Check,
    };
    let freshness = link.freshness.clone();
    let reply = server.pipeline().call(call, facts, link).await;
    let binary = reply.is_binary();
    let format = reply.endpoint().map(|endpoint| endpoint.delivery.text).unwrap_or_default();
    let success = reply.into_result()?;
    let mut result = if exact {
        let mut result = CallToolResult::success(Vec::new());
        result.meta = Some(exact::encode(&success, binary));
        result
    } else if let Some(long) = long.filter(|_| wire::is_long(&success, format)) {
        let around = wire::around_items(&success);
        long.put(success);
        around
    } else if is_long(&success.value) {
        apart(move || wire::success(&success, format)).await
    } else {
        wire::success(&success, format)
    };
    if let Some(lasts) = freshness.lasts() {
        wire::lasts(&mut result, lasts.left, scope(lasts));
    }
    Ok(result)
}
