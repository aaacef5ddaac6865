//! Requests of pages of other servers: any may make them, none with people's credentials.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Headers that a page may send, in lower case.
const HEADERS: [&str; 5] =
    ["accept", "accept-language", "content-language", "content-type", "mcp-protocol-version"];

/// Methods that a page may use; routes refuse those that they don't know.
const METHODS: [&str; 3] = ["GET", "POST", "OPTIONS"];

/// Answers what browsers ask beforehand, and lets pages of any server read the answers.
pub(super) async fn open(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        beforehand(request.headers())
    } else {
        next.run(request).await
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn beforehand(headers: &HeaderMap) -> Response {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let method = text(ACCESS_CONTROL_REQUEST_METHOD).unwrap_or("GET");
    let mut asked = text(ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default().split(',').map(str::trim);
    let known = |header: &str| header.is_empty() || HEADERS.contains(&header.to_ascii_lowercase().as_str());
    if !METHODS.contains(&method) || !asked.all(known) {
        return (StatusCode::BAD_REQUEST, "Disallowed CORS request").into_response();
    }
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS")),
        (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, mcp-protocol-version")),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
    ];
    (StatusCode::OK, headers).into_response()
}
