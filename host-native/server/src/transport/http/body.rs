//! The bodies of requests.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use mxcp_mcp::malformed;

const JSON: &str = "application/json";

/// Longest time the body of a request may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// The answer: the body is too large, came too slowly, or broke off.
pub(in crate::transport) async fn read(body: Body, limit: usize) -> Result<Bytes, Response> {
    let too_large = || {
        let text = format!("Payload Too Large: a request may have {limit} bytes");
        (StatusCode::PAYLOAD_TOO_LARGE, text).into_response()
    };
    // What is announced as too large is refused before any of it is read.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    match timeout(TIMEOUT, to_bytes(body, limit)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_limit(&error) => Err(too_large()),
        Ok(Err(_)) => Err((StatusCode::BAD_REQUEST, "Request body can't be read").into_response()),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "Request body did not arrive in time").into_response()),
    }
}

/// Whether the headers say that the body is JSON.
pub(in crate::transport) fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(JSON)
}

/// The answer to a body that is no message.
pub(in crate::transport) fn malformed(body: &[u8]) -> Response {
    let mut response = (StatusCode::BAD_REQUEST, malformed::answer(body).to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

fn is_limit(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}
