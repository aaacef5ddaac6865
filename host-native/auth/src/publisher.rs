//! What an identity provider publishes: who it is, its keys, and where it can be asked about tokens.

mod looks;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use mxcp_token::Jwks;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use self::looks::Looks;
use crate::discovery::Discovery;
use crate::http::{Client, Endpoint};
use crate::store::Digest;

/// How long what the provider said is taken for true.
const LIFETIME: Duration = Duration::from_secs(300);

/// How long the provider is left alone after it did not answer.
const BETWEEN_FAILURES: Duration = Duration::from_secs(5);

/// A provider, and what it said last.
pub(crate) struct Publisher {
    config: Endpoint,
    http: Client,
    known: RwLock<Option<Arc<Published>>>,
    /// Held by whoever asks the provider: one does so at a time, and the others learn the answer.
    asking: Mutex<Asked>,
}

/// What a provider publishes.
pub(crate) struct Published {
    /// Whom tokens are issued by.
    pub(crate) issuer: String,
    /// What they are signed with, if they are.
    pub(crate) keys: Option<Jwks>,
    /// Where it says what a token is worth.
    pub(crate) introspection: Option<Endpoint>,
    /// Where it says whose a token is.
    pub(crate) userinfo: Option<Endpoint>,
    /// Of the issuer and the keys: what was verified with others has to be verified again.
    pub(crate) fingerprint: Digest,
    asked: Instant,
}

/// When the provider was asked.
#[derive(Debug, Default)]
struct Asked {
    /// Because of unknown keys.
    looks: Looks,
    /// Last time that it did not answer, and what was wrong.
    failed: Option<(Instant, String)>,
}

impl Publisher {
    /// The provider with a discovery document. It is not asked yet.
    pub(crate) fn new(config: Endpoint, http: Client) -> Self {
        Self { config, http, known: RwLock::default(), asking: Mutex::default() }
    }

    /// What the provider publishes, not older than five minutes.
    ///
    /// # Errors
    /// It does not answer as it should: the reason.
    pub(crate) async fn known(&self) -> Result<Arc<Published>, String> {
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let mut asked = self.asking.lock().await;
        match self.fresh() {
            Some(known) => Ok(known),
            None => self.ask(&mut asked).await,
        }
    }

    /// What the provider publishes now, unless it was asked too often because of keys that it does not have.
    ///
    /// # Errors
    /// It does not answer as it should: the reason.
    pub(crate) async fn fresher(&self, than: &Arc<Published>) -> Result<Arc<Published>, String> {
        let mut asked = self.asking.lock().await;
        if let Some(known) = self.fresh().filter(|known| !Arc::ptr_eq(known, than)) {
            return Ok(known);
        }
        if !asked.looks.take(Instant::now()) {
            return Ok(Arc::clone(than));
        }
        self.ask(&mut asked).await
    }

    /// Forgets that the provider did not answer, as time does.
    #[cfg(test)]
    pub(crate) async fn forgive(&self) {
        self.asking.lock().await.failed = None;
    }

    fn fresh(&self) -> Option<Arc<Published>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        known.filter(|known| known.asked.elapsed() < LIFETIME)
    }

    async fn ask(&self, asked: &mut Asked) -> Result<Arc<Published>, String> {
        if let Some((failed, reason)) = &asked.failed
            && failed.elapsed() < BETWEEN_FAILURES
        {
            return Err(reason.clone());
        }
        match self.fetch().await {
            Ok(known) => {
                let known = Arc::new(known);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
                asked.failed = None;
                Ok(known)
            }
            Err(reason) => {
                asked.failed = Some((Instant::now(), reason.clone()));
                Err(reason)
            }
        }
    }

    async fn fetch(&self) -> Result<Published, String> {
        let asked = Instant::now();
        let found = Discovery::ask(&self.http, &self.config).await.map_err(|error| error.to_string())?;
        let issuer = found.issuer.ok_or("the OIDC discovery document names no issuer")?;
        let (keys, text) = match &found.jwks {
            None => (None, Vec::new()),
            Some(jwks) => {
                let text = self.keys(jwks).await?;
                let keys = std::str::from_utf8(&text).ok().map(Jwks::parse);
                let keys = keys.ok_or("the keys of the identity provider are no text")?;
                let keys = keys
                    .map_err(|error| format!("the keys of the identity provider can't be used: {error}"))?;
                (Some(keys), text)
            }
        };
        let mut fingerprint = Sha256::new();
        fingerprint.update(&text);
        fingerprint.update([0]);
        fingerprint.update(&issuer);
        Ok(Published {
            issuer,
            keys,
            introspection: found.introspection,
            userinfo: found.userinfo,
            fingerprint: Digest(fingerprint.finalize().into()),
            asked,
        })
    }

    async fn keys(&self, jwks: &Endpoint) -> Result<Vec<u8>, String> {
        const WHAT: &str = "can't get the keys of the identity provider";
        let answer = self.http.get(jwks, None).await.map_err(|error| format!("{WHAT}: {error}"))?;
        match answer.status.as_u16() {
            200 => Ok(answer.body),
            status => Err(format!("{WHAT}: status {status}")),
        }
    }
}

/// Who the provider is may come from a reference.
impl std::fmt::Debug for Publisher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Publisher").finish_non_exhaustive()
    }
}
