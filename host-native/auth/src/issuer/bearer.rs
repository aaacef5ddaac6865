//! Our access tokens, as they come back with calls.

use std::sync::Arc;

use mxcp_core::call::Principal;
use mxcp_core::value::Object;
use mxcp_server::Refusal;

use super::known::Known;
use super::problem::Problem;
use super::renewal::Renewed;
use super::{Issuer, resource, secret};
use crate::store::{Digest, Session, StoreError};
use crate::upstream::UpstreamError;

/// How long before the end of the provider's token a new one is asked for, in seconds.
const AHEAD: i64 = 60;

impl Issuer {
    /// Whose token it is, at the server that is reached by the URL `base`.
    ///
    /// # Errors
    /// It is none of ours, over, or for another server.
    pub async fn verify(&self, token: &str, base: &str) -> Result<Arc<Principal>, Refusal> {
        let refuse = |reason: &str| Refusal::Unauthenticated(reason.to_owned());
        if !secret::is_token(token, secret::ACCESS) {
            return Err(refuse("the token is none of ours"));
        }
        let token = secret::digest(token);
        if let Some(known) = self.known().get(&token, self.now()) {
            is_for(&known.resource, base)?;
            return Ok(known.principal);
        }
        let reading = self.known().reading();
        let session = self.session(token).await?;
        is_for(&session.resource, base)?;
        if !self.is_of_provider(&session) {
            return Err(refuse("the token is of somebody who logged in elsewhere"));
        }
        let missing = self.required_scopes().iter().find(|scope| !session.scopes.contains(scope));
        if let Some(scope) = missing {
            return Err(Refusal::InsufficientScope(scope.clone()));
        }
        let session = self.with_good_tokens(session, token).await?;
        let end = [session.access_expires_at, self.due_at(&session)].into_iter().flatten().min();
        let (id, resource) = (session.id.as_str().into(), session.resource.as_str().into());
        let principal = Arc::new(self.principal(session));
        if let Some(end) = end {
            let known = Known { session: id, resource, principal: Arc::clone(&principal) };
            self.known().put(reading, token, known, self.now(), end);
        }
        Ok(principal)
    }

    async fn session(&self, token: Digest) -> Result<Session, Refusal> {
        let session = self.options().store.session_by_access(token, self.now()).await.map_err(unavailable)?;
        session.ok_or_else(|| Refusal::Unauthenticated("the token is unknown or over".to_owned()))
    }

    /// The session, after its provider gave a new token if the old one is about to be over.
    async fn with_good_tokens(&self, session: Session, token: Digest) -> Result<Session, Refusal> {
        if !self.is_due(&session) {
            return Ok(session);
        }
        // Whoever makes the call may hang up; the provider's answer must not get lost then.
        let issuer = self.clone();
        let renewed = tokio::spawn(async move { issuer.renew_due(session, token).await }).await;
        renewed.unwrap_or_else(|error| Err(Refusal::Unavailable(error.to_string())))
    }

    async fn renew_due(&self, session: Session, token: Digest) -> Result<Session, Refusal> {
        let mut turn = self.renewals().turn(&session.id).await;
        // Those who waited find what the first of them got.
        let session = self.session(token).await?;
        let (now, end) = (self.now(), session.upstream.expires_at);
        let is_over = end.is_some_and(|end| end <= now);
        if !self.is_due(&session) || (turn.is_recent(now) && !is_over) {
            return Ok(session);
        }
        if turn.is_recent(now) {
            return Err(Refusal::Unavailable("the identity provider gave no token a moment ago".to_owned()));
        }
        let old = session.clone();
        match self.renew(session, &mut turn).await.map_err(problem)? {
            Renewed::Here(session) => Ok(*session),
            Renewed::Elsewhere => self.session(token).await,
            Renewed::Failed(error) if !is_over => {
                tracing::warn!(%error, "a token of the identity provider can't be renewed, and is still good");
                Ok(old)
            }
            Renewed::Failed(error @ UpstreamError::Refused(_)) => {
                Err(Refusal::Unauthenticated(error.to_string()))
            }
            Renewed::Failed(error) => Err(Refusal::Unavailable(error.to_string())),
        }
    }

    fn is_due(&self, session: &Session) -> bool {
        self.due_at(session).is_some_and(|due| due <= self.now())
    }

    /// When the provider is to be asked for a new token, if it gives another one.
    fn due_at(&self, session: &Session) -> Option<i64> {
        session.upstream.refresh.as_ref()?;
        session.upstream.expires_at.map(|end| end.saturating_sub(AHEAD))
    }

    fn principal(&self, session: Session) -> Principal {
        let user = session.user;
        self.options().mappings.apply(Principal {
            user_id: user.user_id,
            username: user.username,
            email: user.email,
            name: user.name,
            provider: user.provider,
            capabilities: Vec::new(),
            profile: Object::from_json(user.profile),
            external_token: Some(session.upstream.access),
        })
    }
}

/// Whether tokens for `resource` are good at the server that is reached by the URL `base`.
///
/// # Errors
/// They are for another server.
fn is_for(resource: &str, base: &str) -> Result<(), Refusal> {
    if resource::is_bound_here(resource, base) {
        return Ok(());
    }
    Err(Refusal::Unauthenticated("the token is for another server".to_owned()))
}

fn unavailable(error: StoreError) -> Refusal {
    Refusal::Unavailable(error.to_string())
}

/// What went wrong with the store is in the log.
fn problem(problem: Problem) -> Refusal {
    Refusal::Unavailable(problem.description)
}
