//! Pages for people: plain HTML without scripts, that no other page can frame.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::{answer, secret};

/// How pages look.
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;\
color:#1a1a1a;background:#fff}dt{font-weight:600;margin-top:1rem}dd{margin:0;overflow-wrap:anywhere}\
button{font:inherit;padding:.6rem 1.2rem;margin:1.5rem 1rem 0 0;border:2px solid #1a4f9c;border-radius:.3rem;\
background:#fff;color:#1a4f9c}button.allow{background:#1a4f9c;color:#fff}\
button:focus-visible{outline:3px solid #e69f00;outline-offset:2px}";

/// What the browser may do with pages: show them, and nothing else. There is no `form-action`, since browsers apply it to the whole
/// chain of redirections that follows, through the identity provider and to the client.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = STANDARD.encode(secret::digest(STYLE).0);
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'")
});

/// What a person is asked.
pub(super) struct Question<'a> {
    /// What the client calls itself.
    pub(super) client: Option<&'a str>,
    /// To whom the answer goes.
    pub(super) receiver: &'a str,
    /// Where the person will log in.
    pub(super) provider: &'a str,
    pub(super) scopes: &'a [String],
    /// Where the form goes.
    pub(super) action: &'a str,
    pub(super) fields: &'a [(&'static str, String)],
}

/// The page that asks.
pub(super) fn ask(question: &Question<'_>) -> Response {
    let client = escape(&readable(question.client.unwrap_or("An application without a name")));
    let mut scopes = String::new();
    for scope in question.scopes {
        // Writing to a text does not fail.
        let _ = write!(scopes, "<li>{}</li>", escape(scope));
    }
    let scopes = if scopes.is_empty() {
        "Everything that you may do on this server".to_owned()
    } else {
        format!("<ul>{scopes}</ul>")
    };
    let mut fields = String::new();
    for (name, value) in question.fields {
        let _ = write!(fields, r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value));
    }
    let content = format!(
        r#"<h1>Allow access?</h1>
<p><strong>{client}</strong> asks for access to this server in your name. The name is chosen by the application and not verified: check where the answer goes.</p>
<dl>
<dt>The answer goes to</dt><dd>{receiver}</dd>
<dt>It asks for</dt><dd>{scopes}</dd>
<dt>You will log in with</dt><dd>{provider}</dd>
</dl>
<form method="post" action="{action}">{fields}
<button class="allow" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>"#,
        receiver = escape(question.receiver),
        provider = escape(question.provider),
        action = escape(question.action),
    );
    page(StatusCode::OK, "Allow access?", &content)
}

/// The page for an answer to no question of ours.
pub(super) fn outdated() -> Response {
    let content = "<h1>This page is out of date</h1>\n<p>Go back to the application and begin again.</p>";
    page(StatusCode::FORBIDDEN, "This page is out of date", content)
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

/// A name without what would make the text around it read otherwise, and not too long.
fn readable(name: &str) -> String {
    const LONGEST: usize = 80;
    let turns = |character| matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    name.chars().filter(|&character| !character.is_control() && !turns(character)).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn shown(client: &str, state: &str) -> (String, Response) {
        let response = ask(&Question {
            client: Some(client),
            receiver: "client.example",
            provider: "github",
            scopes: &["read".to_owned()],
            action: "https://h.example/consent",
            fields: &[("state", state.to_owned())],
        });
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, 100_000).await.unwrap();
        (String::from_utf8(bytes.to_vec()).unwrap(), Response::from_parts(head, Body::empty()))
    }

    #[tokio::test]
    async fn everything_from_outside_is_escaped() {
        let (page, _) = shown("<script>alert('1')</script>", r#""><img src=x onerror="x">"#).await;
        assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
        assert!(page.contains(r#"value="&quot;&gt;&lt;img src=x onerror=&quot;x&quot;&gt;""#));
        assert!(!page.contains("<script") && !page.contains("<img"));
    }

    #[tokio::test]
    async fn a_name_can_not_turn_the_text_around() {
        let (page, _) = shown(&format!("good\u{202e}elpmaxe\u{200b} {}", "x".repeat(500)), "").await;
        assert!(!page.contains('\u{202e}') && !page.contains('\u{200b}'));
        assert!(!page.contains(&"x".repeat(81)));
    }

    #[tokio::test]
    async fn the_browser_may_only_show_it() {
        let (page, response) = shown("x", "").await;
        let header = |name| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header(CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        assert_eq!(header(X_FRAME_OPTIONS), "DENY");
        assert_eq!(header(REFERRER_POLICY), "same-origin");
        assert_eq!(header(CONTENT_TYPE), "text/html; charset=utf-8");
        assert!(page.contains("<html lang=\"en\">") && page.contains("<h1>") && !page.contains("style="));
    }
}
