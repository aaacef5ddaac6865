//! What browsers are told about answers, so that pages can't be misused.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::response::Response;

/// What a page may do that doesn't say so itself: show its own styles and images.
pub(super) const PLAIN_PAGE: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every answer to a browser says.
const ALWAYS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

/// Says what a page may do, unless the answer says so itself.
pub(super) fn protect(response: &mut Response, policy: &'static str) {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS.into_iter().chain([("content-security-policy", policy)]) {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
}

/// The same for an answer on the way to a token: a page is protected and kept nowhere, and nothing passes for another kind
/// of answer than it is.
pub(super) fn protect_login(response: &mut Response) {
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if kind.starts_with(b"text/html") {
        protect(response, PLAIN_PAGE);
        response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    } else {
        let nosniff = HeaderValue::from_static("nosniff");
        response.headers_mut().insert(HeaderName::from_static("x-content-type-options"), nosniff);
    }
}

#[cfg(test)]
mod tests {
    use axum::response::{Html, IntoResponse as _};

    use super::*;

    #[test]
    fn a_page_on_the_way_to_a_token_is_framed_sniffed_and_kept_nowhere() {
        let mut response = Html("<form>").into_response();
        protect_login(&mut response);
        let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(
            (header("x-frame-options").as_str(), header("cache-control").as_str()),
            ("DENY", "no-store")
        );
        assert_eq!(header("referrer-policy"), "no-referrer");
    }

    #[test]
    fn what_a_page_says_of_itself_stands() {
        let own = [("content-security-policy", "form-action https:"), ("cache-control", "private")];
        let mut response = (own, Html("<form>")).into_response();
        protect_login(&mut response);
        assert_eq!(response.headers()["content-security-policy"], "form-action https:");
        assert_eq!(response.headers()["cache-control"], "private");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}
