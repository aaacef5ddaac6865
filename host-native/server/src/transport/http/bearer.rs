//! Bearer tokens of requests (RFC 6750): who makes a request is known before anything of it is done.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value as Json, json};

use mxcp_runtime::ports::AuditSink;

use super::refusals::Refusals;
use super::{body, well_known};
use crate::authentication::{Authenticator, Credentials, Owner, Refusal, Requester};
use crate::context::ClientAddress;

/// Seconds after which a request that nobody could decide about may be made again.
const PATIENCE: &str = "5";

/// Lets requests in, and says who makes them.
#[derive(Clone, Debug)]
pub(in crate::transport) struct Gate {
    /// None if everybody may come in, unknown.
    authenticator: Option<Arc<dyn Authenticator>>,
    /// Whether clients can read how to get tokens.
    has_metadata: bool,
    body_limit: usize,
    refusals: Arc<Refusals>,
}

impl Gate {
    pub(in crate::transport) fn new(
        authenticator: Option<Arc<dyn Authenticator>>,
        base: &str,
        body_limit: usize,
        audit: Arc<dyn AuditSink>,
    ) -> Self {
        let has_metadata = authenticator.as_ref().is_some_and(|known| known.guidance(base).is_some());
        Self { authenticator, has_metadata, body_limit, refusals: Arc::new(Refusals::new(audit)) }
    }

    /// The same request, with its [`Requester`] among its extensions. `base` is the URL by which its client reaches the server.
    ///
    /// # Errors
    /// The answer that refuses it.
    pub(in crate::transport) async fn admit(
        &self,
        request: Request,
        base: &str,
    ) -> Result<(Request, Owner), Response> {
        let (mut head, mut body) = request.into_parts();
        let address = head.extensions.get().map(|ClientAddress(address)| *address);
        let refuse = |tried: bool, refusal: Refusal| {
            if tried {
                self.refusals.record(&refusal, address);
            }
            self.refuse(&refusal, base)
        };
        let requester = match &self.authenticator {
            None => Requester::default(),
            Some(authenticator) => {
                let token =
                    bearer(&head.headers).map_err(|refusal| refuse(true, refusal))?.map(str::to_owned);
                let mut read = None;
                if token.as_deref().is_some_and(|token| authenticator.needs_body(token)) {
                    let bytes = unambiguous(body::read(body, self.body_limit).await?);
                    body = Body::from(bytes.clone());
                    head.headers.remove(CONTENT_LENGTH);
                    read = Some(bytes);
                }
                let credentials = Credentials { token: token.as_deref(), body: read.as_deref(), base };
                let principal = authenticator.authenticate(credentials).await;
                // Clients without a token come to find out where to get one.
                Requester(principal.map_err(|refusal| refuse(token.is_some(), refusal))?)
            }
        };
        let owner = requester.owner();
        head.extensions.insert(requester);
        Ok((Request::from_parts(head, body), owner))
    }

    fn refuse(&self, refusal: &Refusal, base: &str) -> Response {
        let (status, error, description) = match refusal {
            Refusal::Unauthenticated(reason) => {
                tracing::debug!(reason, "request refused");
                (StatusCode::UNAUTHORIZED, "invalid_token", "Authentication required".to_owned())
            }
            Refusal::InsufficientScope(scope) => {
                tracing::debug!(scope, "request without a required scope refused");
                (StatusCode::FORBIDDEN, "insufficient_scope", format!("Required scope: {scope}"))
            }
            Refusal::Unavailable(reason) => {
                tracing::error!(reason, "nobody can be authenticated at the moment");
                let description = "Tokens can't be verified at the moment".to_owned();
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", description)
            }
        };
        let document = json!({ "error": error, "error_description": description });
        let mut response = Response::new(Body::from(document.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(PATIENCE));
        } else if let Ok(challenge) = HeaderValue::try_from(self.challenge(error, &description, base)) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn challenge(&self, error: &str, description: &str, base: &str) -> String {
        let mut challenge =
            format!("Bearer error={}, error_description={}", quoted(error), quoted(description));
        let scopes = self.authenticator.as_ref().map(|known| known.required_scopes()).unwrap_or_default();
        if !scopes.is_empty() {
            challenge.push_str(&format!(", scope={}", quoted(&scopes.join(" "))));
        }
        if self.has_metadata {
            let url = format!("{base}{}", well_known::PATH);
            challenge.push_str(&format!(", resource_metadata={}", quoted(&url)));
        }
        challenge
    }
}

/// A body of JSON in which no key is written twice: which of two counts must not depend on who reads it.
fn unambiguous(body: Bytes) -> Bytes {
    match serde_json::from_slice::<Json>(&body) {
        Ok(json) => Bytes::from(json.to_string()),
        // Whoever reads it says what is wrong with it.
        Err(_) => body,
    }
}

/// The bearer token of a request; none if it brings none along. The name of the scheme is one in any case.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    // Which of two counts would be a matter of opinion, of a proxy in front for one.
    if values.next().is_some() {
        return Err(Refusal::Unauthenticated("there are two Authorization headers".to_owned()));
    }
    let text = value
        .to_str()
        .map_err(|_| Refusal::Unauthenticated("the Authorization header is no text".to_owned()))?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()))
}

/// A text in quotes as a header may have it.
fn quoted(text: &str) -> String {
    let fit = |character: &char| matches!(character, ' '..='~');
    let escaped: String = text.chars().filter(fit).fold(String::new(), |mut escaped, character| {
        if matches!(character, '"' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
        escaped
    });
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(values: &[&str]) -> Option<Option<String>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        bearer(&headers).ok().map(|token| token.map(str::to_owned))
    }

    #[test]
    fn a_bearer_token_follows_its_scheme_in_any_case() {
        assert_eq!(token(&["Bearer abc"]), Some(Some("abc".into())));
        assert_eq!(token(&["bEARER  abc "]), Some(Some("abc".into())));
        assert_eq!(token(&["Bearer"]), Some(Some(String::new())));
        assert_eq!(token(&["Basic abc"]), Some(None));
        assert_eq!(token(&[]), Some(None));
        assert_eq!(token(&["Bearer a", "Bearer b"]), None);
    }

    #[test]
    fn of_a_key_that_is_written_twice_one_is_left() {
        let body = Bytes::from_static(br#"{"a": 1, "b": 2.50, "a": 3}"#);
        assert_eq!(unambiguous(body), r#"{"a":3,"b":2.50}"#.as_bytes());
        assert_eq!(unambiguous(Bytes::from_static(b"{")), b"{"[..]);
    }

    #[test]
    fn what_is_quoted_can_not_end_the_quotes() {
        assert_eq!(quoted("a\"b\\c\r\né"), r#""a\"b\\c""#);
    }
}
