//! An identity provider that lets in whoever is named by the code.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mxcp_core::call::Secret;
use mxcp_runtime::ports::BoxFuture;
use serde_json::{Map, json};
use tokio::sync::Semaphore;
use url::form_urlencoded;

use crate::store::{UpstreamTokens, User};
use crate::upstream::{Arrival, Departure, Identity, Upstream, UpstreamError};

/// The code `idp-code-ada` is Ada's. Tokens are called `idp-access-1`, `idp-refresh-1` and so on.
#[derive(Debug)]
pub(crate) struct FakeUpstream {
    scopes: Vec<String>,
    /// How long its tokens are good for, in seconds; 0: it doesn't say, and they can't be refreshed.
    pub(crate) lifetime: AtomicI64,
    /// What it answers instead.
    failure: Mutex<Option<UpstreamError>>,
    given: AtomicUsize,
    /// How often tokens were refreshed.
    pub(crate) refreshed: AtomicUsize,
    /// A permit for each refresh that may end.
    pub(crate) gate: Semaphore,
    /// The time.
    clock: Arc<AtomicI64>,
}

impl FakeUpstream {
    /// One whose tokens are good for a lifetime.
    pub(crate) fn new(clock: Arc<AtomicI64>) -> Self {
        Self {
            scopes: vec!["openid".to_owned()],
            lifetime: AtomicI64::new(3600),
            failure: Mutex::default(),
            given: AtomicUsize::new(0),
            refreshed: AtomicUsize::new(0),
            gate: Semaphore::new(1_000_000),
            clock,
        }
    }

    /// Answers so from now on.
    pub(crate) fn fail(&self, failure: Option<UpstreamError>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    fn failure(&self) -> Option<UpstreamError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn identity(&self, name: &str) -> Identity {
        let number = self.given.fetch_add(1, Ordering::SeqCst) + 1;
        let lifetime = Some(self.lifetime.load(Ordering::SeqCst)).filter(|seconds| *seconds != 0);
        let mut profile = Map::new();
        profile.insert("role".to_owned(), json!("admin"));
        profile.insert("visit".to_owned(), json!(number));
        Identity {
            user: User {
                provider: "fake".to_owned(),
                user_id: name.to_owned(),
                username: name.to_owned(),
                email: Some(format!("{name}@example.com")),
                name: None,
                avatar_url: None,
                profile,
            },
            tokens: UpstreamTokens {
                access: Secret::new(format!("idp-access-{number}")),
                refresh: lifetime.map(|_| Secret::new(format!("idp-refresh-{number}"))),
                expires_at: lifetime.map(|seconds| self.clock.load(Ordering::SeqCst) + seconds),
                scopes: self.scopes.clone(),
            },
        }
    }
}

impl Upstream for FakeUpstream {
    fn name(&self) -> &str {
        "fake"
    }

    fn callback_path(&self) -> &str {
        "/callback"
    }

    fn scopes(&self) -> &[String] {
        &self.scopes
    }

    fn begin(&self, state: &str, callback_url: &str) -> Departure {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("state", state)
            .append_pair("redirect_uri", callback_url)
            .finish();
        Departure {
            url: format!("https://idp.example/authorize?{query}"),
            verifier: Some(Secret::new(format!("idp-verifier-{callback_url}"))),
        }
    }

    fn finish<'a>(&'a self, arrival: Arrival<'a>) -> BoxFuture<'a, Result<Identity, UpstreamError>> {
        Box::pin(async move {
            if let Some(failure) = self.failure() {
                return Err(failure);
            }
            let proven = arrival.verifier.map(Secret::reveal)
                == Some(format!("idp-verifier-{}", arrival.callback_url).as_str());
            match arrival.code.reveal().strip_prefix("idp-code-") {
                Some(name) if proven => Ok(self.identity(name)),
                _ => Err(UpstreamError::Refused("the code is unknown".to_owned())),
            }
        })
    }

    fn refresh<'a>(
        &'a self,
        refresh: &'a Secret,
        _scopes: &'a [String],
        user: &'a User,
    ) -> BoxFuture<'a, Result<Identity, UpstreamError>> {
        Box::pin(async move {
            self.refreshed.fetch_add(1, Ordering::SeqCst);
            self.gate.acquire().await.unwrap().forget();
            match self.failure() {
                Some(failure) => Err(failure),
                None if refresh.reveal().starts_with("idp-refresh-") => Ok(self.identity(&user.user_id)),
                None => Err(UpstreamError::Refused("the token is unknown".to_owned())),
            }
        })
    }
}
