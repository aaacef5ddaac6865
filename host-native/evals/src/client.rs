//! Requests over HTTP: made again where that helps, and told of without keys.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;
use ureq::Agent;
use ureq::http::StatusCode;
use url::Url;

use crate::backoff::{Pause, pause};
use crate::error::ServiceError;

/// Longest answer, in bytes.
const LARGEST: u64 = 16 << 20;

/// Most characters of what a service says that an error shows.
const MOST_SAID: usize = 300;

/// Asks one service. Proxies are those of the environment.
pub(crate) struct Client {
    agent: Agent,
    timeout: Duration,
    retries: u64,
}

/// Where a request goes, with what.
#[derive(Clone)]
pub(crate) struct Letter {
    /// The address.
    pub(crate) url: String,
    /// Headers beside that of the type; they hold keys.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// JSON.
    pub(crate) body: String,
}

/// What was answered to one attempt.
struct Reply {
    status: StatusCode,
    retry_after: Option<String>,
    body: String,
}

impl Client {
    /// A client whose answers may take so long, and that asks so many times more.
    pub(crate) fn new(timeout: Duration, retries: u64) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(timeout))
            // The key would go to wherever a redirection points.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent("mxcp")
            .build();
        Self { agent: agent.into(), timeout, retries }
    }

    /// The JSON that is answered.
    ///
    /// # Errors
    /// There is no answer, it is no JSON, or the service refuses. A refusal with status 429 or 5xx, and a connection that can't
    /// be had, count only when they do not go away.
    pub(crate) async fn ask(
        &self,
        letter: Letter,
        interface: &'static str,
        cancel: &CancellationToken,
    ) -> Result<Json, ServiceError> {
        let letter = Arc::new(letter);
        let shown = shown(&letter.url);
        for repetition in 0.. {
            let attempt = tokio::select! {
                biased;
                attempt = self.attempt(Arc::clone(&letter)) => attempt,
                () = cancel.cancelled() => return Err(ServiceError::Cancelled),
            };
            let last = repetition >= self.retries;
            let (problem, retry_after) = match attempt {
                Ok(reply) if reply.status.is_success() => {
                    return serde_json::from_str(&reply.body)
                        .map_err(|_quotes_the_answer| ServiceError::Shape { url: shown, interface });
                }
                Ok(reply) => {
                    let problem = refusal(&reply, &letter, &shown);
                    if last || !is_temporary(reply.status) {
                        return Err(problem);
                    }
                    (problem, reply.retry_after)
                }
                Err(error) => {
                    let problem = self.unanswered(&error, &shown);
                    if last || !is_broken_connection(&error) {
                        return Err(problem);
                    }
                    (problem, None)
                }
            };
            let mut luck = [0];
            // Without luck, repetitions are merely less spread.
            let _ = getrandom::fill(&mut luck);
            let [luck] = luck;
            let wait = match pause(repetition, retry_after.as_deref(), SystemTime::now().into(), luck) {
                Pause::For(wait) => wait,
                Pause::TooLong(wait) => {
                    return Err(match problem {
                        ServiceError::Status { status, url, .. } => ServiceError::Busy { status, url, wait },
                        other => other,
                    });
                }
            };
            tracing::info!(%problem, ?wait, "a model is asked again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = cancel.cancelled() => return Err(ServiceError::Cancelled),
            }
        }
        // The loop above ends only by returning.
        Err(ServiceError::Cancelled)
    }

    async fn attempt(&self, letter: Arc<Letter>) -> Result<Reply, ureq::Error> {
        let agent = self.agent.clone();
        let attempt = tokio::task::spawn_blocking(move || send(&agent, &letter));
        attempt.await.unwrap_or(Err(ureq::Error::ConnectionFailed))
    }

    fn unanswered(&self, error: &ureq::Error, shown: &str) -> ServiceError {
        let url = shown.to_owned();
        match error {
            ureq::Error::Timeout(_) => ServiceError::Slow { url, seconds: self.timeout.as_secs() },
            error => ServiceError::Unreachable { url, why: reason(error) },
        }
    }
}

fn send(agent: &Agent, letter: &Letter) -> Result<Reply, ureq::Error> {
    let mut request = agent.post(&letter.url).header("content-type", "application/json");
    for (name, value) in &letter.headers {
        request = request.header(*name, value);
    }
    let mut response = request.send(&letter.body)?;
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after = retry_after.map(str::to_owned);
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec()?;
    Ok(Reply { status: response.status(), retry_after, body: String::from_utf8_lossy(&body).into_owned() })
}

fn is_temporary(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// Whether another attempt may find the way that this one did not.
fn is_broken_connection(error: &ureq::Error) -> bool {
    match error {
        // How `rustls` tells of certificates that it does not accept, while it shakes hands.
        ureq::Error::Io(error) => error.kind() != std::io::ErrorKind::InvalidData,
        error => matches!(error, ureq::Error::ConnectionFailed),
    }
}

/// Why there is no way to a service. The error's own text may name a proxy, whose address may hold a password.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::InvalidData => "its certificate is not accepted".to_owned(),
            kind => kind.to_string(),
        },
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::TlsRequired | ureq::Error::Pem(_) => {
            "its certificate is not accepted".to_owned()
        }
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => {
            "its answer is too long".to_owned()
        }
        ureq::Error::Http(_) => "its key or address has characters that can't be sent".to_owned(),
        ureq::Error::InvalidProxyUrl | ureq::Error::ConnectProxyFailed(_) => {
            "the proxy doesn't let it through".to_owned()
        }
        ureq::Error::Protocol(_) => "its answer is no HTTP".to_owned(),
        _ => "the connection failed".to_owned(),
    }
}

fn refusal(reply: &Reply, letter: &Letter, shown: &str) -> ServiceError {
    let said = serde_json::from_str::<Json>(&reply.body).ok().and_then(|body| message(&body));
    let mut said = said.unwrap_or_default();
    // Services quote keys that they don't know.
    for (_, value) in &letter.headers {
        let key = value.trim_start_matches("Bearer ");
        if !key.is_empty() {
            said = said.replace(key, "[redacted]");
        }
    }
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST_SAID).collect();
    ServiceError::Status { status: reply.status.as_u16(), url: shown.to_owned(), said }
}

/// The words of an error, wherever services put them.
fn message(body: &Json) -> Option<String> {
    let places = ["/error/message", "/error", "/message", "/detail"];
    let found = places.iter().find_map(|place| body.pointer(place)?.as_str());
    found.map(str::to_owned)
}

/// An address as errors show it: without credentials, query and fragment.
pub(crate) fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "the service".to_owned() };
    // Neither fails for the addresses that have a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// A proxy's password would be part of it.
impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_shown_without_what_may_be_secret() {
        assert_eq!(shown("http://ada:s3cr3t@host:8/v1/messages?key=s3cr3t#x"), "http://host:8/v1/messages");
    }

    #[test]
    fn what_services_say_is_told_shortly_and_without_the_key() {
        let letter = Letter {
            url: String::new(),
            headers: vec![("authorization", "Bearer s3cr3t".to_owned())],
            body: String::new(),
        };
        let said = |body: Json| {
            let reply = Reply { status: StatusCode::UNAUTHORIZED, retry_after: None, body: body.to_string() };
            refusal(&reply, &letter, "http://a/b").to_string()
        };
        assert_eq!(
            said(json!({ "error": { "message": "wrong key:\n s3cr3t" } })),
            "HTTP 401 from http://a/b: wrong key: [redacted]"
        );
        assert_eq!(said(json!({ "error": "no" })), "HTTP 401 from http://a/b: no");
        assert_eq!(said(json!([1])), "HTTP 401 from http://a/b");
        assert!(said(json!({ "error": "x".repeat(1000) })).len() < 400);
    }
}
