//! The keys of an identity provider, as it publishes them.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use mxcp_token::Jwks;
use serde_json::Value as Json;
use tokio::sync::Mutex;
use ureq::Agent;
use ureq::http::{StatusCode, Uri};

use crate::error::Error;

/// How long what the provider said is taken for true.
const LIFETIME: Duration = Duration::from_secs(300);

/// Least time between two looks for a key that nobody knows: anybody can make up a key's name.
const BETWEEN_LOOKS: Duration = Duration::from_secs(30);

/// How long the provider is left alone after it did not answer.
const BETWEEN_FAILURES: Duration = Duration::from_secs(5);

/// Longest time for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Longest answer, in bytes.
const LARGEST: u64 = 512 * 1024;

/// A provider, and what it said last.
#[derive(Debug)]
pub(super) struct Provider {
    config_url: String,
    agent: Agent,
    /// Whether addresses without encryption may be asked, as long as they are on this machine.
    loopback: bool,
    known: RwLock<Option<Arc<Keys>>>,
    /// Held by whoever asks the provider: one does so at a time, and the others learn the answer.
    asking: Mutex<Asked>,
}

/// What a provider publishes.
#[derive(Debug)]
pub(super) struct Keys {
    /// Whom tokens are issued by.
    pub(super) issuer: String,
    /// What they are signed with.
    pub(super) keys: Jwks,
    asked: Instant,
}

/// When the provider was asked.
#[derive(Debug, Default)]
struct Asked {
    /// Last time because of an unknown key.
    looked: Option<Instant>,
    /// Last time that it did not answer, and what was wrong.
    failed: Option<(Instant, String)>,
}

impl Provider {
    /// The provider with a discovery document. It is not asked yet.
    ///
    /// # Errors
    /// Somebody on the way could answer in its place.
    pub(super) fn new(config_url: &str) -> Result<Self, Error> {
        let loopback = match transport(config_url) {
            Some(Transport::Encrypted) => false,
            Some(Transport::Loopback) => true,
            None => {
                let problem = "`auth.oidc.config_url` must be an https URL, or an http URL of this machine";
                return Err(Error::settings(problem));
            }
        };
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .https_only(!loopback)
            // Without encryption, a redirection could lead anywhere.
            .max_redirects(if loopback { 0 } else { 3 })
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .build();
        Ok(Self {
            config_url: config_url.to_owned(),
            agent: agent.into(),
            loopback,
            known: RwLock::default(),
            asking: Mutex::default(),
        })
    }

    /// What the provider publishes, not older than five minutes.
    ///
    /// # Errors
    /// It does not answer as it should: the reason.
    pub(super) async fn keys(&self) -> Result<Arc<Keys>, String> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let mut asked = self.asking.lock().await;
        match self.known() {
            Some(known) => Ok(known),
            None => self.ask(&mut asked).await,
        }
    }

    /// What the provider publishes now, unless it was asked for the same reason a moment ago.
    ///
    /// # Errors
    /// It does not answer as it should: the reason.
    pub(super) async fn fresher(&self, than: &Arc<Keys>) -> Result<Arc<Keys>, String> {
        let mut asked = self.asking.lock().await;
        if let Some(known) = self.known().filter(|known| !Arc::ptr_eq(known, than)) {
            return Ok(known);
        }
        if asked.looked.is_some_and(|looked| looked.elapsed() < BETWEEN_LOOKS) {
            return Ok(Arc::clone(than));
        }
        asked.looked = Some(Instant::now());
        self.ask(&mut asked).await
    }

    fn known(&self) -> Option<Arc<Keys>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        known.filter(|known| known.asked.elapsed() < LIFETIME)
    }

    async fn ask(&self, asked: &mut Asked) -> Result<Arc<Keys>, String> {
        if let Some((failed, reason)) = &asked.failed
            && failed.elapsed() < BETWEEN_FAILURES
        {
            return Err(reason.clone());
        }
        let (agent, config_url, loopback) = (self.agent.clone(), self.config_url.clone(), self.loopback);
        let answer = tokio::task::spawn_blocking(move || fetch(&agent, &config_url, loopback)).await;
        match answer.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
                asked.failed = None;
                Ok(keys)
            }
            Err(reason) => {
                asked.failed = Some((Instant::now(), reason.clone()));
                Err(reason)
            }
        }
    }
}

fn fetch(agent: &Agent, config_url: &str, loopback: bool) -> Result<Keys, String> {
    const WHAT: &str = "discovery document of the identity provider";
    let asked = Instant::now();
    let document = get(agent, config_url, WHAT)?;
    let document: Json = serde_json::from_str(&document).map_err(|_| format!("the {WHAT} is no JSON"))?;
    let text = |key: &str| document.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
    let issuer = text("issuer").ok_or_else(|| format!("the {WHAT} names no issuer"))?;
    let keys = text("jwks_uri").ok_or_else(|| {
        format!("the {WHAT} names no `jwks_uri`: its tokens would need introspection, which is not available")
    })?;
    match transport(keys) {
        Some(Transport::Encrypted) => {}
        Some(Transport::Loopback) if loopback => {}
        _ => return Err(format!("the `jwks_uri` in the {WHAT} is no https URL")),
    }
    let keys = Jwks::parse(&get(agent, keys, "keys of the identity provider")?)
        .map_err(|error| format!("the keys of the identity provider can't be used: {error}"))?;
    Ok(Keys { issuer: issuer.to_owned(), keys, asked })
}

/// The answer to a request. What goes wrong is told without addresses, which may come from references.
fn get(agent: &Agent, url: &str, what: &str) -> Result<String, String> {
    let request = agent.get(url).header("Accept", "application/json");
    let mut response =
        request.call().map_err(|error| format!("can't get the {what}: {}", explain(&error)))?;
    if response.status() != StatusCode::OK {
        return Err(format!("can't get the {what}: status {}", response.status().as_u16()));
    }
    let body = response.body_mut().with_config().limit(LARGEST).read_to_string();
    body.map_err(|error| format!("can't read the {what}: {}", explain(&error)))
}

fn explain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "its address is no URL of HTTP".to_owned(),
        ureq::Error::RequireHttpsOnly(_) => "a redirection leads to an address without encryption".to_owned(),
        error => error.to_string(),
    }
}

/// How an address is reached so that nobody else can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Encrypted,
    Loopback,
}

/// None if it is not, or is no address.
fn transport(url: &str) -> Option<Transport> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    match uri.scheme_str()? {
        "https" => Some(Transport::Encrypted),
        "http" => {
            let loopback = host.eq_ignore_ascii_case("localhost")
                || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
            loopback.then_some(Transport::Loopback)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_reached_with_encryption_or_on_this_machine() {
        assert_eq!(transport("https://id.example/x"), Some(Transport::Encrypted));
        for url in ["http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:8/x"] {
            assert_eq!(transport(url), Some(Transport::Loopback), "{url}");
        }
        for url in ["http://id.example", "http://localhost.example", "http://10.0.0.1", "file:///x", "x", ""]
        {
            assert_eq!(transport(url), None, "{url}");
        }
        assert!(Provider::new("http://id.example/x").is_err());
    }
}
