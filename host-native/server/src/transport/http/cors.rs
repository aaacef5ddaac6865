//! Letting web pages of other origins use the server (the Fetch standard's CORS protocol).

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, VARY,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");

/// Headers that a page may send; clients of 2026-07-28 send the last two.
const HEADERS: &str = "authorization, content-type, accept, mcp-protocol-version, mcp-session-id, last-event-id, mcp-method, \
     mcp-name";

/// What the headers begin with in which clients of 2026-07-28 repeat arguments. A tool may have any number of them.
const ARGUMENTS: &str = "mcp-param-";

/// Longest list of headers that is looked at.
const LONGEST: usize = 2048;

/// Headers of an answer that a page may read.
const EXPOSED: HeaderValue = HeaderValue::from_static("www-authenticate, mcp-session-id, retry-after");

/// Seconds for which a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Whether a browser asks what a page may do. It sends no token for that.
pub(super) fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Tells a browser what a page of an allowed origin may do.
pub(super) fn answer(asked: &HeaderMap, origin: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    if let Ok(allowed) = HeaderValue::try_from(allowed_headers(asked)) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    open(&mut response, origin);
    response
}

/// Lets pages of an allowed origin read an answer.
pub(super) fn open(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, HeaderValue::from_static("origin"));
}

fn allowed_headers(asked: &HeaderMap) -> String {
    let wanted = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).and_then(|list| list.to_str().ok());
    let wanted = wanted.filter(|list| list.len() <= LONGEST).unwrap_or_default();
    let arguments = wanted.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| {
        let rest = name.strip_prefix(ARGUMENTS).unwrap_or_default();
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    });
    arguments.fold(HEADERS.to_owned(), |list, name| format!("{list}, {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_arguments_are_allowed_by_name_and_others_are_not() {
        let allowed = |wanted: &str| {
            let asked = [(ACCESS_CONTROL_REQUEST_HEADERS, wanted.parse().unwrap())].into_iter().collect();
            allowed_headers(&asked).strip_prefix(HEADERS).unwrap().to_owned()
        };
        assert_eq!(allowed("authorization, X-Forwarded-User"), "");
        assert_eq!(allowed("Mcp-Param-Region,mcp-param-"), ", mcp-param-region");
        assert_eq!(allowed("mcp-param-*"), "");
    }
}
