//! What is no answer to a message: the library's plain texts, as JSON-RPC errors. And what has too few words.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use mxcp_mcp::params;
use rmcp::model::{JsonRpcError, ProtocolVersion};
use serde_json::{Value, json};

/// Longest text of a refusal.
const LONGEST: usize = 4096;

/// What rmcp says to a request that could only be answered in a session.
const NO_SESSION: &str = "Session ID is required";

/// A mark on the refusal of such a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionMissing;

/// The same refusal as a JSON-RPC error; anything else is left as it is.
pub(super) async fn as_error(response: Response) -> Response {
    let status = response.status();
    if status.is_success() || response.headers().contains_key(CONTENT_TYPE) {
        return response;
    }
    let (head, body) = response.into_parts();
    let text = to_bytes(body, LONGEST).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut refusal = refuse(status, &text);
    if text.ends_with(NO_SESSION) {
        refusal.extensions_mut().insert(SessionMissing);
    }
    // Which methods are allowed, for one.
    refusal.headers_mut().extend(head.headers);
    refusal
}

/// The same answer in words, where it is the error that there is no such method.
pub(super) async fn in_words(response: Response) -> Response {
    let is_short = response.body().size_hint().upper().is_some_and(|length| length <= LONGEST as u64);
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !(is_short && is_json) {
        return response;
    }
    let (head, body) = response.into_parts();
    let body = to_bytes(body, LONGEST).await.unwrap_or_default();
    Response::from_parts(head, worded(&body).map_or_else(|| Body::from(body), Body::from))
}

fn worded(body: &[u8]) -> Option<String> {
    // Most answers are no errors, and not read.
    if !std::str::from_utf8(body).is_ok_and(|text| text.contains("-32601")) {
        return None;
    }
    let mut message = serde_json::from_slice::<JsonRpcError>(body).ok()?;
    params::put_in_words(&mut message.error);
    serde_json::to_string(&message).ok()
}

/// A refusal for a reason.
pub(in crate::transport) fn refuse(status: StatusCode, reason: &str) -> Response {
    let mut refusal = Response::new(Body::from(error(status, reason).to_string()));
    *refusal.status_mut() = status;
    refusal.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    refusal
}

fn error(status: StatusCode, text: &str) -> Value {
    let code = if status.is_server_error() { -32603 } else { -32600 };
    let message = match text.strip_prefix("Bad Request: ") {
        Some(NO_SESSION) => format!("Bad Request: Missing session ID{SESSIONLESS}"),
        Some(problem) => match problem.strip_prefix("Unsupported MCP-Protocol-Version: ") {
            Some(version) => format!(
                "Bad Request: Unsupported protocol version: {version}. Supported versions: {}",
                versions()
            ),
            None => text.to_owned(),
        },
        None if text.is_empty() => status.canonical_reason().unwrap_or_default().to_owned(),
        None => text.to_owned(),
    };
    json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}})
}

/// How a request does without the session that it lacks.
pub(super) const SESSIONLESS: &str =
    "; begin one with `initialize`, or send the header `MCP-Protocol-Version: 2026-07-28`";

fn versions() -> String {
    ProtocolVersion::KNOWN_VERSIONS.iter().map(ProtocolVersion::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    #[test]
    fn a_refusal_says_what_is_missing() {
        let message = |text| error(StatusCode::BAD_REQUEST, text)["error"]["message"].clone();
        let session = message("Bad Request: Session ID is required");
        assert_eq!(session, format!("Bad Request: Missing session ID{SESSIONLESS}"));
        let version = message("Bad Request: Unsupported MCP-Protocol-Version: 1.0");
        let version = version.as_str().unwrap();
        assert!(
            version.starts_with("Bad Request: Unsupported protocol version: 1.0. Supported"),
            "{version}"
        );
        assert!(version.contains("2025-06-18") && version.contains("2026-07-28"), "{version}");
        assert_eq!(error(StatusCode::NOT_FOUND, "Not Found: x")["error"]["code"], -32600);
        assert_eq!(error(StatusCode::INTERNAL_SERVER_ERROR, "x")["error"]["code"], -32603);
    }

    #[tokio::test]
    async fn an_answer_is_left_alone() {
        let answer = || (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "application/json")], "{}").into_response();
        for left in [as_error(answer()).await, in_words(answer()).await] {
            assert_eq!(to_bytes(left.into_body(), LONGEST).await.unwrap(), "{}");
        }
    }
}
