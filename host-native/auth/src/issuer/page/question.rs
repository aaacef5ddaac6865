//! The question whether a client gets access.

use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::response::Response;

use super::{escape, page};

/// What a person is asked.
pub(in crate::issuer) struct Question<'a> {
    /// What the client calls itself.
    pub(in crate::issuer) client: Option<&'a str>,
    /// What the client wants to use: this server.
    pub(in crate::issuer) server: &'a str,
    /// To whom the answer goes.
    pub(in crate::issuer) receiver: &'a str,
    /// Where the person will log in.
    pub(in crate::issuer) provider: &'a str,
    pub(in crate::issuer) scopes: &'a [String],
    /// Where the form goes.
    pub(in crate::issuer) action: &'a str,
    pub(in crate::issuer) fields: &'a [(&'static str, String)],
}

impl Question<'_> {
    /// The page that asks.
    pub(in crate::issuer) fn page(&self) -> Response {
        let client = escape(&readable(self.client.unwrap_or("An application without a name")));
        let mut scopes = String::new();
        for scope in self.scopes {
            // Writing to a text does not fail.
            let _ = write!(scopes, "<li>{}</li>", escape(scope));
        }
        let scopes = if scopes.is_empty() {
            "Everything that you may do there".to_owned()
        } else {
            format!("<ul>{scopes}</ul>")
        };
        let mut fields = String::new();
        for (name, value) in self.fields {
            let _ =
                write!(fields, r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value));
        }
        let content = format!(
            r#"<h1>Allow access?</h1>
<p><strong>{client}</strong> wants to use <strong>{server}</strong> in your name.</p>
<p class="note">The application chose its name itself. Allow it only if you began this just now, and if the answer goes where you expect.</p>
<dl>
<div><dt>The answer goes to</dt><dd>{receiver}</dd></div>
<div><dt>It asks for</dt><dd>{scopes}</dd></div>
<div><dt>You will log in with</dt><dd>{provider}</dd></div>
</dl>
<form method="post" action="{action}">{fields}
<button type="submit" name="decision" value="deny">Deny</button>
<button class="allow" type="submit" name="decision" value="allow">Allow</button>
</form>"#,
            server = escape(self.server),
            receiver = escape(self.receiver),
            provider = escape(self.provider),
            action = escape(self.action),
        );
        page(StatusCode::OK, "Allow access?", &content)
    }
}

/// A name without what would make the text around it read otherwise, and not too long.
fn readable(name: &str) -> String {
    const LONGEST: usize = 80;
    let turns = |character| matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    name.chars().filter(|&character| !character.is_control() && !turns(character)).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS};

    use super::*;

    async fn shown(client: &str, state: &str) -> (String, Response) {
        let response = Question {
            client: Some(client),
            server: "h.example",
            receiver: "client.example",
            provider: "github",
            scopes: &["read".to_owned()],
            action: "https://h.example/consent",
            fields: &[("state", state.to_owned())],
        }
        .page();
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
