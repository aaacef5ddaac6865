//! What is no answer to a message: the library's plain texts, as JSON-RPC errors.

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use rmcp::model::ProtocolVersion;
use serde_json::{Value, json};

/// Longest text of a refusal.
const LONGEST: usize = 4096;

/// The same refusal as a JSON-RPC error; anything else is left as it is.
pub(super) async fn as_error(response: Response) -> Response {
    let status = response.status();
    if status.is_success() || response.headers().contains_key(CONTENT_TYPE) {
        return response;
    }
    let (head, body) = response.into_parts();
    let text = to_bytes(body, LONGEST).await.unwrap_or_default();
    let mut refusal = refuse(status, &String::from_utf8_lossy(&text));
    // Which methods are allowed, for one.
    refusal.headers_mut().extend(head.headers);
    refusal
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
        Some("Session ID is required") => format!("Bad Request: Missing session ID{SESSIONLESS}"),
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
        let left = to_bytes(as_error(answer()).await.into_body(), LONGEST).await.unwrap();
        assert_eq!(left, "{}");
    }
}
