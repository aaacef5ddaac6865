//! Tokens for an earlier token.

use axum::response::Response;
use mxcp_core::call::Secret;

use super::super::parameters::Parameters;
use super::super::problem::Problem;
use super::super::renewal::Renewed;
use super::super::token::Fresh;
use super::super::{Issuer, resource, scope, secret};
use crate::store::{Client, Digest, RefreshState, Session};
use crate::upstream::UpstreamError;

/// What a client asks for, checked as far as it can be without the session.
struct Exchange {
    client: Client,
    /// What the store knows its token by.
    token: Digest,
    /// Scopes that it wants; all that it has if none.
    scopes: Option<Vec<String>>,
    /// What it wants tokens for.
    resources: Vec<String>,
    base: String,
}

impl Issuer {
    /// Tokens for a refresh token, which is over then. One that was exchanged before ends its session.
    ///
    /// # Errors
    /// The token is not good for this client, or the identity provider does not want the person any more.
    pub(in crate::issuer) async fn exchange_refresh_token(
        &self,
        client: Client,
        form: &Parameters,
        base: &str,
    ) -> Result<Response, Problem> {
        let token = Secret::new(form.required("refresh_token")?);
        if !secret::is_token(token.reveal(), secret::REFRESH) {
            return Err(unknown());
        }
        let exchange = Exchange {
            client,
            token: secret::digest(token.reveal()),
            scopes: form.get("scope").map(scope::parse).transpose()?.filter(|scopes| !scopes.is_empty()),
            resources: form.resources().to_vec(),
            base: base.to_owned(),
        };
        // A client that hangs up must not leave tokens of the provider behind that nobody has.
        let issuer = self.clone();
        match tokio::spawn(async move { issuer.exchange(exchange).await }).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(%error, "a refresh ended unexpectedly");
                Err(Problem::unavailable())
            }
        }
    }

    async fn exchange(&self, exchange: Exchange) -> Result<Response, Problem> {
        let Exchange { client, token, scopes, resources, base } = exchange;
        let session = self.session_to_refresh(&client, token).await?;
        // One at a time: what follows uses up a token of the provider.
        let mut turn = self.renewals().turn(&session.id).await;
        let session = self.session_to_refresh(&client, token).await?;
        let scopes = match scopes {
            Some(asked) => scope::within(asked, &session.scopes)?,
            None => session.scopes.clone(),
        };
        resource::check(&resources, &session.resource, &base)?;
        if session.upstream.refresh.is_none() || !self.is_of_provider(&session) {
            return Err(Problem::invalid_grant("Provider refresh token missing"));
        }
        let session = match self.renew(session, &mut turn).await? {
            Renewed::Here(session) => *session,
            Renewed::Elsewhere => self.session_to_refresh(&client, token).await?,
            Renewed::Failed(UpstreamError::Refused(_)) => {
                return Err(Problem::invalid_grant("Provider refresh failed"));
            }
            Renewed::Failed(error) => return Err(error.into()),
        };
        let now = self.now();
        let fresh = Fresh::new(&client, &session.upstream, scopes, now)?;
        let _changing = self.known().changing(&session.id);
        if !self.options().store.rotate(token, fresh.issued(), now).await? {
            return Err(self.token_was_exchanged(&client, &session).await?);
        }
        Ok(fresh.answer(now))
    }

    /// The session of a token that is in use, by this client.
    async fn session_to_refresh(&self, client: &Client, token: Digest) -> Result<Session, Problem> {
        let found = self.options().store.session_by_refresh(token, self.now()).await?;
        let (session, state) = found.ok_or_else(unknown)?;
        // Whoever shows the token of another client changes nothing.
        if session.client_id != client.id {
            tracing::warn!(client = client.id, "a refresh token of another client was refused");
            return Err(unknown());
        }
        match state {
            RefreshState::Current => Ok(session),
            RefreshState::Exchanged => Err(self.token_was_exchanged(client, &session).await?),
        }
    }

    /// Somebody has the token who should not: nobody can tell who, so that the session is over for both.
    async fn token_was_exchanged(&self, client: &Client, session: &Session) -> Result<Problem, Problem> {
        tracing::warn!(client = client.id, "a refresh token was used twice: its session is ended");
        self.used_twice("refresh_token_used_twice", &client.id, Some(session.user.user_id.clone()));
        self.end_session(&session.id).await?;
        Ok(unknown())
    }
}

fn unknown() -> Problem {
    Problem::invalid_grant("refresh token does not exist")
}
