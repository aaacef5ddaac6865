//! Pages for people: plain HTML without scripts, that no other page can frame.

mod question;

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
    X_FRAME_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::problem::Problem;
use super::{answer, secret};

pub(super) use self::question::Question;

/// How pages look.
const STYLE: &str = include_str!("page.css");

/// What the browser may do with pages: show them, and nothing else. There is no `form-action`, since browsers apply it to the whole
/// chain of redirections that follows, through the identity provider and to the client.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = STANDARD.encode(secret::digest(STYLE).0);
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'")
});

/// Shows problems to people who come with a browser, as a page instead of the data that a program gets.
pub(super) async fn for_people(request: Request, next: Next) -> Response {
    let shown = request.method() != Method::HEAD && accepts_pages(request.headers());
    let response = next.run(request).await;
    match response.extensions().get::<Problem>() {
        Some(told) if shown => {
            let mut page = problem(told, response.status());
            if let Some(patience) = response.headers().get(RETRY_AFTER) {
                page.headers_mut().insert(RETRY_AFTER, patience.clone());
            }
            page
        }
        _ => response,
    }
}

/// The page for an answer to no question of ours.
pub(super) fn outdated() -> Response {
    let content = "<h1>This page is out of date</h1>\n<p>Go back to the application and begin again.</p>";
    page(StatusCode::FORBIDDEN, "This page is out of date", content)
}

fn problem(problem: &Problem, status: StatusCode) -> Response {
    let (title, remedy) = if status.is_server_error() {
        (
            "The login can\u{2019}t go on right now",
            "Wait a moment, go back to the application and begin again.",
        )
    } else {
        ("The login can\u{2019}t go on", "Go back to the application and begin again.")
    };
    let content = format!(
        "<h1>{title}</h1>\n<p>{remedy}</p>\n<p class=\"note\">If this happens again, tell whoever makes the application: \
         <code>{code}</code>, {description}</p>",
        code = problem.code.as_str(),
        description = escape(&problem.description),
    );
    page(status, title, &content)
}

fn page(status: StatusCode, title: &str, content: &str) -> Response {
    let document = format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"#
    );
    let mut response = answer::private(status, Body::from(document));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Forms that say nothing of their origin could be anybody's.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Whether pages are named among what is accepted, as browsers do when somebody goes somewhere.
fn accepts_pages(headers: &HeaderMap) -> bool {
    let texts = headers.get_all(ACCEPT).iter().filter_map(|header| header.to_str().ok());
    let mut kinds =
        texts.flat_map(|text| text.split(',')).map(|kind| kind.split(';').next().unwrap_or_default());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
}

/// A text as HTML shows it, in quotes and out of them.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::problem::Code;
    use super::*;

    fn accepts(header: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(header));
        accepts_pages(&headers)
    }

    #[test]
    fn browsers_get_pages_and_programs_data() {
        assert!(accepts("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(accepts("application/json, Text/HTML;q=0.5"));
        assert!(!accepts("*/*") && !accepts("application/json") && !accepts("text/html-ish"));
        assert!(!accepts_pages(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn a_problem_is_a_page_without_anything_of_its_cause() {
        let told = Problem::new(Code::InvalidRequest, "<b>x</b>");
        let response = problem(&told, StatusCode::BAD_REQUEST);
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()[X_FRAME_OPTIONS], "DENY");
        let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.contains("<code>invalid_request</code>, &lt;b&gt;x&lt;/b&gt;"), "{text}");
    }
}
