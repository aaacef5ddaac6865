//! Handshakes that begin no session.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use mxcp_mcp::params;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, GetMeta as _, ProtocolVersion, ServerJsonRpcMessage};

use crate::transport::beginning;

/// What a client says that shakes hands.
const METHOD: &str = "initialize";

/// The answer to a handshake that says, as its header does, that it is of a revision that has none any more; none to anything
/// else. rmcp would begin a session.
pub(super) fn of_later_revision(headers: &HeaderMap, body: &[u8]) -> Option<Response> {
    let version = headers.get("mcp-protocol-version")?.to_str().ok()?;
    // Other methods are said in a header: their requests are not read twice.
    if !is_later(version) || headers.get("mcp-method").is_some_and(|method| method != METHOD) {
        return None;
    }
    let message = serde_json::from_slice::<ClientJsonRpcMessage>(body).ok()?;
    let ClientJsonRpcMessage::Request(message) = message else { return None };
    let is_handshake = matches!(message.request, ClientRequest::InitializeRequest(_));
    let version = message.request.get_meta().protocol_version()?;
    if !(is_handshake && is_later(version.as_str())) {
        return None;
    }
    let error = ServerJsonRpcMessage::error(params::unknown_method(METHOD), Some(message.id));
    answer(StatusCode::NOT_FOUND, &error)
}

/// The answer to a handshake that lacks something; none to anything else.
pub(super) fn malformed(body: &[u8]) -> Option<Response> {
    let message = serde_json::from_slice::<ClientJsonRpcMessage>(body).ok()?;
    answer(StatusCode::OK, &beginning::refusal(&message)?)
}

fn is_later(version: &str) -> bool {
    version >= ProtocolVersion::V_2026_07_28.as_str()
}

fn answer(status: StatusCode, message: &ServerJsonRpcMessage) -> Option<Response> {
    let mut response = Response::new(Body::from(serde_json::to_string(message).ok()?));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}
