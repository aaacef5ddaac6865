//! Requests to identity providers: encrypted, small, soon over, and told of without addresses or secrets.

mod endpoint;
mod error;

use std::sync::Arc;
use std::time::Duration;

use mxcp_core::call::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json};
use tokio::sync::Semaphore;
use ureq::Agent;
use ureq::http::{Method, Request, Response, StatusCode};

pub(crate) use self::endpoint::{Endpoint, Reach};
pub(crate) use self::error::HttpError;
use crate::trust::Trust;

/// Longest time for one answer, redirections included.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Longest answer, in bytes.
const LARGEST: u64 = 512 * 1024;

/// Longest head of an answer, in bytes.
const LARGEST_HEAD: usize = 64 * 1024;

/// Most requests at once: each takes a thread for as long as the provider takes to answer.
const AT_ONCE: usize = 32;

/// Most redirections of a request that carries no secret. One that does is never redirected.
const REDIRECTIONS: u32 = 3;

/// What is written otherwise in a part of an address or a form: all but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Asks identity providers. Clones share their connections and limits.
#[derive(Clone)]
pub(crate) struct Client {
    sender: Sender,
    /// One permit for each request on its way.
    permits: Arc<Semaphore>,
}

/// Sends one request and waits for its answer; for threads that may wait.
#[derive(Clone)]
pub(crate) struct Sender {
    /// For requests without secrets.
    open: Agent,
    /// For requests with secrets: what an answer points to gets none of them.
    confidential: Agent,
    /// For this machine. Without encryption a redirection could lead anywhere, and a proxy would read along.
    loopback: Agent,
}

/// What was answered.
#[derive(Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// A client. Proxies are those of the environment, except for this machine.
    pub(crate) fn new(trust: &Trust) -> Self {
        Self::patient(TIMEOUT, trust)
    }

    /// The same with another longest time for one answer.
    fn patient(timeout: Duration, trust: &Trust) -> Self {
        let config = || {
            Agent::config_builder()
                .timeout_global(Some(timeout))
                .tls_config(trust.config())
                .max_response_header_size(LARGEST_HEAD)
                .max_redirects_will_error(false)
                .http_status_as_error(false)
                .user_agent("mxcp")
        };
        let sender = Sender {
            open: config().https_only(true).max_redirects(REDIRECTIONS).build().into(),
            confidential: config().https_only(true).max_redirects(0).build().into(),
            loopback: config().max_redirects(0).proxy(None).build().into(),
        };
        Self { sender, permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The answer to a request for a document; `bearer` is whose it is.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) async fn get(
        &self,
        endpoint: &Endpoint,
        bearer: Option<&Secret>,
    ) -> Result<Answer, HttpError> {
        let mut request = endpoint.request(Method::GET);
        if let Some(bearer) = bearer {
            request = request.header("Authorization", format!("Bearer {}", bearer.reveal()));
        }
        let request = request.body(Vec::new()).map_err(|_| HttpError::Unsendable)?;
        self.ask(request).await
    }

    /// The answer to a form.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) async fn post(
        &self,
        endpoint: &Endpoint,
        fields: &[(&str, &str)],
    ) -> Result<Answer, HttpError> {
        let request = endpoint
            .request(Method::POST)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form(fields).into_bytes())
            .map_err(|_| HttpError::Unsendable)?;
        self.ask(request).await
    }

    async fn ask(&self, request: Request<Vec<u8>>) -> Result<Answer, HttpError> {
        self.run(move |sender| sender.send(request)).await.and_then(|answer| answer)
    }

    /// What `work` gives, on a thread where it may wait for answers.
    ///
    /// # Errors
    /// There are too many requests already.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Sender) -> T + Send + 'static,
    ) -> Result<T, HttpError> {
        let permit = tokio::time::timeout(TIMEOUT, Arc::clone(&self.permits).acquire_owned());
        let permit = permit.await.map_err(|_| HttpError::Busy)?.map_err(|_| HttpError::Busy)?;
        let sender = self.sender.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&sender)
        });
        work.await.map_err(|_| HttpError::Broken)
    }
}

impl Sender {
    /// The answer to a request. Only what is encrypted, or stays on this machine, is sent.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn send(&self, request: Request<Vec<u8>>) -> Result<Answer, HttpError> {
        let endpoint = Endpoint::of(request.uri().clone()).ok_or(HttpError::Unsafe)?;
        let secret = request.method() != Method::GET || request.headers().contains_key("Authorization");
        let agent = match endpoint.reach() {
            Reach::Loopback => &self.loopback,
            Reach::Encrypted if secret => &self.confidential,
            Reach::Encrypted => &self.open,
        };
        let (parts, body) = request.into_parts();
        let response = if parts.method == Method::GET {
            agent.run(Request::from_parts(parts, ()))
        } else {
            agent.run(Request::from_parts(parts, body))
        };
        let mut response: Response<ureq::Body> = response.map_err(|error| HttpError::of(&error))?;
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        Ok(Answer { status: response.status(), body: body.map_err(|error| HttpError::of(&error))? })
    }
}

impl Answer {
    /// The JSON object that it is.
    pub(crate) fn object(&self) -> Option<Map<String, Json>> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A proxy's password would be part of it.
impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").finish_non_exhaustive()
    }
}

/// What is answered may be a token.
impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Fields in the form of `application/x-www-form-urlencoded`.
fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<_> =
        fields.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
    pairs.join("&")
}

/// A text as one part of an address or of a form.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests;
