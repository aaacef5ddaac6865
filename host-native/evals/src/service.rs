//! A model that can be asked.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mxcp_core::schema::ModelTools;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use crate::cassette::{Cassette, digest};
use crate::client::{Client, Letter, shown};
use crate::error::ServiceError;
use crate::interface::{self, Answer, Interface, LIMIT_KEYS, Request};
use crate::model::Model;
use crate::offer::Tool;

/// A model and the way to it; what is learned of its service is kept for all who ask.
#[derive(Debug)]
pub struct Service {
    model: Model,
    interface: &'static dyn Interface,
    client: Client,
    tape: Tape,
    /// Whether the service has refused tools.
    refuses_tools: AtomicBool,
    /// Whether the service has asked for the newer key of the limit.
    newer_limit: AtomicBool,
}

/// What happens to answers beside being given.
#[derive(Clone, Debug, Default)]
pub enum Tape {
    /// Nothing.
    #[default]
    Off,
    /// They are recorded; what was recorded once in a run is not asked for again.
    Record(Arc<Cassette>),
    /// They come from recordings, and nobody is asked.
    Replay(Arc<Cassette>),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// The service takes no tools: they have to be described in words. Why it is thought so.
    WithoutTools(ServiceError),
    /// Whatever else.
    Failed(ServiceError),
}

impl Service {
    /// The service of a model.
    #[must_use]
    pub fn new(model: Model, tape: Tape) -> Self {
        if !matches!(tape, Tape::Replay(_)) && model.key.is_some() && is_open(&model.base) {
            tracing::warn!(model = model.name, "the key of this model is sent without encryption");
        }
        Self {
            interface: interface::of(model.kind),
            client: Client::new(model.timeout, model.retries),
            model,
            tape,
            refuses_tools: AtomicBool::new(false),
            newer_limit: AtomicBool::new(false),
        }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// How the service is spoken to.
    pub(crate) fn interface(&self) -> &'static dyn Interface {
        self.interface
    }

    /// Whether the service takes tools, as far as is known.
    pub(crate) fn takes_tools(&self) -> bool {
        self.model.tools == ModelTools::Native && !self.refuses_tools.load(Ordering::Relaxed)
    }

    /// What the model answers to a conversation.
    pub(crate) async fn ask(
        &self,
        messages: &[Json],
        tools: &[Tool],
        cancel: &CancellationToken,
    ) -> Result<Answer, Unanswered> {
        let body = self.body(messages, tools);
        let digest = digest(self.interface.word(), &body);
        let url = self.interface.url(&self.model.base);
        let recorded = match &self.tape {
            Tape::Off => None,
            Tape::Record(cassette) | Tape::Replay(cassette) => cassette.find(&digest),
        };
        let json = match (&self.tape, recorded) {
            (_, Some(answer)) => answer,
            (Tape::Replay(_), None) => {
                let problem = ServiceError::NotRecorded { digest: digest.chars().take(12).collect() };
                // A service that refuses tools is recorded with what it answered without.
                return Err(match tools {
                    [] => Unanswered::Failed(problem),
                    _ => Unanswered::WithoutTools(problem),
                });
            }
            (tape, None) => {
                let answer = self.send(messages, tools, body, cancel).await?;
                match tape {
                    Tape::Record(cassette) => cassette
                        .keep(&digest, &self.model.name, self.interface.word(), &answer)
                        .map_err(|why| Unanswered::Failed(ServiceError::Unrecordable(why)))?,
                    _ => answer,
                }
            }
        };
        self.interface.read(&json).ok_or_else(|| {
            Unanswered::Failed(ServiceError::Shape { url: shown(&url), interface: self.interface.word() })
        })
    }

    async fn send(
        &self,
        messages: &[Json],
        tools: &[Tool],
        body: Json,
        cancel: &CancellationToken,
    ) -> Result<Json, Unanswered> {
        let sent = match self.post(&body, cancel).await {
            Err(problem)
                if wants_newer_limit(&problem) && !self.newer_limit.swap(true, Ordering::Relaxed) =>
            {
                self.post(&self.body(messages, tools), cancel).await
            }
            sent => sent,
        };
        sent.map_err(|problem| {
            if tools.is_empty() || !refuses_tools(&problem) {
                return Unanswered::Failed(problem);
            }
            if !self.refuses_tools.swap(true, Ordering::Relaxed) {
                let model = &self.model.name;
                tracing::warn!(model, %problem, "the service takes no tools: they are described in words");
            }
            Unanswered::WithoutTools(problem)
        })
    }

    async fn post(&self, body: &Json, cancel: &CancellationToken) -> Result<Json, ServiceError> {
        let letter = Letter {
            url: self.interface.url(&self.model.base),
            headers: self.model.key.as_ref().map(|key| self.interface.headers(key)).unwrap_or_default(),
            body: body.to_string(),
        };
        self.client.ask(letter, self.interface.word(), cancel).await
    }

    fn body(&self, messages: &[Json], tools: &[Tool]) -> Json {
        let [older, newer] = LIMIT_KEYS;
        let limit_key = if self.newer_limit.load(Ordering::Relaxed) { newer } else { older };
        interface::body(self.interface, &Request { model: &self.model.name, messages, tools, limit_key })
    }
}

/// Whether a service wants the limit of an answer under its newer name.
fn wants_newer_limit(problem: &ServiceError) -> bool {
    let [_, newer] = LIMIT_KEYS;
    matches!(problem, ServiceError::Status { status: 400, said, .. } if said.contains(newer))
}

/// Whether a service says that it doesn't know what tools are.
fn refuses_tools(problem: &ServiceError) -> bool {
    let ServiceError::Status { status: 400 | 404 | 405 | 415 | 422 | 501, said, .. } = problem else {
        return false;
    };
    let said = said.to_lowercase();
    said.contains("tool") || said.contains("function")
}

/// Whether everybody on the way can read what is sent there.
fn is_open(base: &str) -> bool {
    let Ok(url) = Url::parse(base) else { return false };
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, said: &str) -> ServiceError {
        ServiceError::Status { status, url: String::new(), said: said.to_owned() }
    }

    #[test]
    fn services_say_in_many_words_that_they_take_no_tools() {
        assert!(refuses_tools(&status(400, "gemma does not support tools")));
        assert!(refuses_tools(&status(404, "No endpoints found that support tool use")));
        assert!(refuses_tools(&status(422, "Function calling is not available")));
        assert!(!refuses_tools(&status(400, "the prompt is too long")));
        assert!(!refuses_tools(&status(401, "no tool for you")));
        assert!(!refuses_tools(&status(500, "tool")));
        assert!(wants_newer_limit(&status(400, "use 'max_completion_tokens' instead")));
        assert!(!wants_newer_limit(&status(400, "max_tokens is too large")));
    }

    #[test]
    fn keys_travel_in_the_open_only_within_this_machine() {
        assert!(is_open("http://models.example/v1"));
        for base in
            ["https://models.example", "http://localhost:11434/v1", "http://127.0.0.1:1", "http://[::1]:1"]
        {
            assert!(!is_open(base), "{base}");
        }
    }
}
