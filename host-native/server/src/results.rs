//! Results that are shown in parts: their cursors among the arguments of calls, and the links to the whole.

use std::io::Read as _;
use std::sync::Arc;

use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mxcp_core::call::CallError;
use mxcp_core::definition::Kind;
use mxcp_core::value::Object;
use mxcp_runtime::{RESULTS, Read, Show};
use rmcp::model::{CacheScope, Extensions, ReadResourceResult, ResourceContents};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::json;

use crate::authentication::BaseUrl;
use crate::context;
use crate::server::Server;
use crate::tools::is_modern;
use mxcp_mcp::wire;

/// Most bytes of a file that is read as a resource, which is one message. Larger ones are fetched over HTTP.
const LARGEST: u64 = 32 << 20;

/// How much of the result of a tool its caller is shown; a cursor is taken out of the arguments.
///
/// # Errors
/// The cursor is no text.
pub(crate) fn show(
    server: &Server,
    tool: &str,
    arguments: &mut Object,
    base: Option<Arc<str>>,
) -> Result<Show, CallError> {
    let registry = server.pipeline().registry();
    let limited = registry.get(Kind::Tool, tool).is_some_and(|tool| tool.delivery.limits.is_some());
    if limited { Show::parts(arguments, base) } else { Ok(Show::Everything) }
}

/// The URL by which the client of a request reaches the server; none over standard input and output.
pub(crate) fn base(extensions: &Extensions) -> Option<Arc<str>> {
    let BaseUrl(base) = extensions.get::<Parts>()?.extensions.get()?;
    Some(Arc::clone(base))
}

/// Reads the complete result that a URI leads to. None if it leads to none of the caller's.
pub(crate) async fn read(
    server: &Server,
    uri: &str,
    context: &RequestContext<RoleServer>,
) -> Option<Result<ReadResourceResult, ErrorData>> {
    let path = uri.strip_prefix(RESULTS)?;
    let facts = context::of_call(server.request_ids(), context);
    let request_id = facts.request_id.clone();
    let read = match server.admits_calls() {
        Ok(()) => server.pipeline().read_result(path, &facts).await?,
        Err(error) => Err(error),
    };
    let read = read.map_err(|error| wire::read_failure(uri, &error));
    let contents = match read {
        Ok(read) if read.exported.bytes > LARGEST => Err(too_large(uri, &read)),
        Ok(read) => {
            let uri = uri.to_owned();
            let work = tokio::task::spawn_blocking(move || contents(uri, read));
            work.await.ok().and_then(Result::ok).ok_or_else(|| {
                tracing::error!(request_id, "a complete result can't be read");
                ErrorData::internal_error("The complete result can't be read", None)
            })
        }
        Err(error) => Err(error),
    };
    Some(contents.map(|contents| {
        let mut result = ReadResourceResult::new(vec![contents]);
        if is_modern(context) {
            result.ttl_ms = Some(0);
            result.cache_scope = Some(CacheScope::Private);
            result.meta = Some(server.identity());
        }
        result
    }))
}

fn contents(uri: String, mut read: Read) -> std::io::Result<ResourceContents> {
    let mut bytes = Vec::new();
    read.exported.file.read_to_end(&mut bytes)?;
    let contents = match String::from_utf8(bytes) {
        Ok(text) => ResourceContents::text(text, uri),
        Err(error) => ResourceContents::blob(STANDARD.encode(error.as_bytes()), uri),
    };
    Ok(contents.with_mime_type(read.mime_type))
}

fn too_large(uri: &str, read: &Read) -> ErrorData {
    let problem = format!(
        "The complete result has {} bytes, and {LARGEST} are read at once: fetch it over HTTP, or ask for less",
        read.exported.bytes
    );
    ErrorData::invalid_params(problem, Some(json!({ "uri": uri })))
}
