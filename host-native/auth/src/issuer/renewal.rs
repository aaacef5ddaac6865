//! Fresh tokens of the identity provider, one request at a time for each session.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mxcp_core::call::Secret;
use tokio::sync::OwnedMutexGuard;

use super::Issuer;
use super::problem::Problem;
use crate::store::{Session, UpstreamTokens};
use crate::upstream::UpstreamError;

/// How long the provider is left alone after it was asked for a session, in seconds.
const BETWEEN: i64 = 10;

/// How long a server has the turn at most, in seconds. Longer than the provider may take.
const TURN: i64 = 60;

/// How often and after which pauses it is looked whether the server that has the turn got tokens.
const LOOKS: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Sessions that are kept in mind before those are forgotten whose turn is over.
const SESSIONS: usize = 1024;

/// Whose turn it is, by session.
#[derive(Debug, Default)]
pub(super) struct Renewals(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Attempt>>>>);

/// When the provider was asked last.
#[derive(Debug, Default)]
pub(super) struct Attempt(Option<i64>);

impl Attempt {
    /// Whether it was a moment ago.
    pub(super) fn is_recent(&self, now: i64) -> bool {
        self.0.is_some_and(|at| now.saturating_sub(at) < BETWEEN)
    }
}

/// How it ended.
pub(super) enum Renewed {
    /// The session has fresh tokens.
    Here(Box<Session>),
    /// Somebody else was faster, and the store knows more than we do.
    Elsewhere,
    /// The provider gave none.
    Failed(UpstreamError),
}

impl Renewals {
    /// Waits for its turn.
    pub(super) async fn turn(&self, session: &str) -> OwnedMutexGuard<Attempt> {
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if queues.len() >= SESSIONS {
                queues.retain(|_, queue| Arc::strong_count(queue) > 1);
            }
            Arc::clone(queues.entry(session.to_owned()).or_default())
        };
        queue.lock_owned().await
    }

    /// Forgets sessions that nobody waits for and whose last attempt is past.
    pub(super) fn sweep(&self, now: i64) {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|_, queue| {
            Arc::strong_count(queue) > 1 || queue.try_lock().is_ok_and(|attempt| attempt.is_recent(now))
        });
    }
}

impl Issuer {
    /// Whether the provider of a session is the one that people log in at now. Another one must not learn the session's tokens.
    pub(super) fn is_of_provider(&self, session: &Session) -> bool {
        session.user.provider == self.options().upstream.name()
    }

    /// Gets fresh tokens for a session from the provider, and has the store remember them. The caller has the session's turn.
    ///
    /// # Errors
    /// The store gives no answer.
    pub(super) async fn renew(&self, session: Session, turn: &mut Attempt) -> Result<Renewed, Problem> {
        let id = session.id.clone();
        let Some(refresh) = session.upstream.refresh.clone() else {
            let reason = "there is no refresh token".to_owned();
            return Ok(Renewed::Failed(UpstreamError::Refused(reason)));
        };
        let (options, now) = (self.options(), self.now());
        if !options.store.begin_renewal(&session.id, now, now.saturating_add(TURN)).await? {
            return self.renewed_by_another(&session).await;
        }
        // Whoever had the turn before may have used up what is known here.
        let renewed = match self.is_renewed_elsewhere(&session).await {
            Ok(true) => Ok(Renewed::Elsewhere),
            Ok(false) => self.ask_for_tokens(session, &refresh, turn).await,
            Err(problem) => Err(problem),
        };
        if let Err(error) = options.store.end_renewal(&id).await {
            tracing::warn!(%error, "other servers wait in vain for fresh tokens of a session");
        }
        renewed
    }

    /// Asks the provider, which is nobody else's turn.
    async fn ask_for_tokens(
        &self,
        session: Session,
        refresh: &Secret,
        turn: &mut Attempt,
    ) -> Result<Renewed, Problem> {
        let options = self.options();
        *turn = Attempt(Some(self.now()));
        let identity = options.upstream.refresh(refresh, &session.upstream.scopes, &session.user).await;
        let identity = match identity {
            Ok(identity) if identity.user.user_id == session.user.user_id => identity,
            Ok(_) => {
                let reason = "the tokens are somebody else's".to_owned();
                return Ok(Renewed::Failed(UpstreamError::Unusable(reason)));
            }
            // Another server of the same store may have used the token up a moment ago.
            Err(UpstreamError::Refused(_)) if self.is_renewed_elsewhere(&session).await? => {
                return Ok(Renewed::Elsewhere);
            }
            Err(error) => return Ok(Renewed::Failed(error)),
        };
        let tokens = merged(identity.tokens, &session.upstream);
        let user = identity.user;
        let _changing = self.known().changing(&session.id);
        let replaced = options
            .store
            .replace_upstream(&session.id, &session.upstream.access, tokens.clone(), Some(user.clone()))
            .await?;
        if !replaced {
            return Ok(Renewed::Elsewhere);
        }
        Ok(Renewed::Here(Box::new(Session { upstream: tokens, user, ..session })))
    }

    /// Waits for the tokens that another server of the same store is asking for.
    async fn renewed_by_another(&self, session: &Session) -> Result<Renewed, Problem> {
        for _ in 0..LOOKS {
            tokio::time::sleep(PAUSE).await;
            if self.is_renewed_elsewhere(session).await? {
                return Ok(Renewed::Elsewhere);
            }
        }
        let reason = "another server asks for tokens and gets none".to_owned();
        Ok(Renewed::Failed(UpstreamError::Unavailable(reason)))
    }

    async fn is_renewed_elsewhere(&self, session: &Session) -> Result<bool, Problem> {
        let known = self.options().store.session(&session.id, self.now()).await?;
        // Whoever looks for one that is gone finds that out.
        Ok(known.is_none_or(|known| known.upstream.access != session.upstream.access))
    }
}

/// What the provider leaves out stays as it was.
fn merged(fresh: UpstreamTokens, old: &UpstreamTokens) -> UpstreamTokens {
    UpstreamTokens {
        refresh: fresh.refresh.or_else(|| old.refresh.clone()),
        scopes: if fresh.scopes.is_empty() { old.scopes.clone() } else { fresh.scopes },
        ..fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sessions_wait_for_their_own_turn_only() {
        let renewals = Renewals::default();
        let mut one = renewals.turn("one").await;
        let _other = renewals.turn("other").await;
        *one = Attempt(Some(100));
        renewals.sweep(100);
        drop(one);
        assert!(renewals.turn("one").await.is_recent(105));
        renewals.sweep(105);
        assert!(renewals.turn("one").await.is_recent(105));
        renewals.sweep(110);
        assert!(!renewals.turn("one").await.is_recent(110));
    }
}
