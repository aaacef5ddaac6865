//! Requests that want nothing but an answer.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use mxcp_core::definition::Kind;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, JsonObject, ListToolsRequest,
    PaginatedRequestParams, ProtocolVersion, RequestId, RequestMetaObject,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::server::Server;
use crate::transport::http::body;

/// What says in `_meta` which revision a request is of.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// What says in `_meta` that the client wants to hear what the call logs.
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// A request that describes itself, is written just as MCP 2026-07-28 says, and asks for nothing to be sent before its answer.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) id: RequestId,
    pub(super) meta: RequestMetaObject,
    pub(super) wanted: Wanted,
}

/// What it asks for.
#[derive(Debug)]
pub(super) enum Wanted {
    /// The first page of the tools.
    FirstTools(ClientRequest),
    Other(ClientRequest),
}

/// A message with nothing beside what JSON-RPC says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a, P> {
    jsonrpc: &'a str,
    id: RequestId,
    method: &'a str,
    params: P,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallParams {
    name: String,
    arguments: Option<JsonObject>,
    _meta: RequestMetaObject,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParams {
    cursor: Option<String>,
    _meta: RequestMetaObject,
}

impl Plain {
    /// Reads a request; none if it is not plain, be it right or wrong.
    pub(super) fn read(server: &Server, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        if !body::says_json(headers) || !accepts_both(headers) || headers.contains_key("mcp-session-id") {
            return None;
        }
        let version = only(headers, "mcp-protocol-version")?;
        let method = only(headers, "mcp-method")?;
        let (id, meta, wanted) = match method {
            "tools/call" => {
                let Message { id, params, .. } = read::<CallParams>(method, body)?;
                let CallParams { name, arguments, _meta: meta } = params;
                if only(headers, "mcp-name")? != name || !is_simple(server, &name) {
                    return None;
                }
                let mut params = CallToolRequestParams::new(name);
                params.arguments = arguments;
                (id, meta, Wanted::Other(ClientRequest::CallToolRequest(CallToolRequest::new(params))))
            }
            "tools/list" => {
                let Message { id, params: ListParams { cursor, _meta: meta }, .. } = read(method, body)?;
                let first = cursor.is_none();
                let params = PaginatedRequestParams::default().with_cursor(cursor);
                let request = ClientRequest::ListToolsRequest(ListToolsRequest {
                    params: Some(params),
                    ..ListToolsRequest::default()
                });
                (id, meta, if first { Wanted::FirstTools(request) } else { Wanted::Other(request) })
            }
            _ => return None,
        };
        let said = meta.get(VERSION).and_then(Value::as_str);
        (version == ProtocolVersion::V_2026_07_28.as_str()
            && said == Some(version)
            && meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
            && meta.get_progress_token().is_none()
            && !meta.contains_key(LOG_LEVEL))
        .then_some(Self { id, meta, wanted })
    }
}

fn read<'a, P: DeserializeOwned>(method: &str, body: &'a [u8]) -> Option<Message<'a, P>> {
    let message: Message<'a, P> = serde_json::from_slice(body).ok()?;
    (message.jsonrpc == "2.0" && message.method == method).then_some(message)
}

/// The value of a header that occurs once, and says what it says without being decoded.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    (!value.starts_with("=?")).then_some(value)
}

/// Whether the client takes both kinds of answers that there are, without preferring one.
fn accepts_both(headers: &HeaderMap) -> bool {
    let Some(accepted) = only(headers, ACCEPT.as_str()) else { return false };
    let accepts = |kind: &str| accepted.split(',').any(|accepted| accepted.trim() == kind);
    accepts("application/json") && accepts("text/event-stream")
}

/// Whether a call of a tool is what it is whatever its headers say, and is answered with its result.
fn is_simple(server: &Server, name: &str) -> bool {
    let runs_as_task = server
        .pipeline()
        .registry()
        .get(Kind::Tool, name)
        .is_some_and(|endpoint| endpoint.delivery.task.is_some());
    !runs_as_task && !server.catalog().listed().reads_headers(name)
}

#[cfg(test)]
mod tests;
