//! What is answered: JSON that nobody keeps, and ways elsewhere.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, PRAGMA, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::Response;
use serde_json::Value as Json;

use super::problem::Problem;

/// A document that must not be kept on the way.
pub(super) fn json(status: StatusCode, document: &Json) -> Response {
    let mut response = private(status, Body::from(document.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A way elsewhere. `status` says how: 302, 303 or 307.
///
/// # Errors
/// The place can't stand in a header.
pub(super) fn redirect(status: StatusCode, location: &str) -> Result<Response, Problem> {
    let location = HeaderValue::try_from(location).map_err(|_| {
        tracing::error!("a redirection leads to what is no URL");
        Problem::unavailable()
    })?;
    let mut response = private(status, Body::empty());
    response.headers_mut().insert(LOCATION, location);
    // The URLs on both sides of it carry codes and states.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// An answer without content.
pub(super) fn empty(status: StatusCode) -> Response {
    private(status, Body::empty())
}

/// An answer that is for whoever asked, now.
pub(super) fn private(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
