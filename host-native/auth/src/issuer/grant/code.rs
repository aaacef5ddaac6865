//! Tokens for a code that a person's browser brought.

use axum::response::Response;

use super::super::parameters::Parameters;
use super::super::problem::Problem;
use super::super::redirect_uri::RedirectUri;
use super::super::token::Fresh;
use super::super::{Issuer, resource, secret};
use crate::store::{Client, CodeGrant};

impl Issuer {
    /// Tokens for a code. An attempt that fails does not use the code up; one that comes after a good one ends what that one began.
    ///
    /// # Errors
    /// The code is not good for this client, or was used before.
    pub(in crate::issuer) async fn exchange_code(
        &self,
        client: &Client,
        form: &Parameters,
        base: &str,
    ) -> Result<Response, Problem> {
        let unknown = || Problem::invalid_grant("authorization code does not exist");
        let verifier = form.required("code_verifier")?;
        let code = secret::digest(form.required("code")?);
        let (store, now) = (&self.options().store, self.now());
        let grant = store.code(code, now).await?.ok_or_else(unknown)?;
        if grant.client_id != client.id {
            return Err(unknown());
        }
        if grant.used {
            return Err(self.code_was_used(client, &grant).await?);
        }
        check_redirect_uri(form.get("redirect_uri"), &grant)?;
        if !secret::verifies(verifier, &grant.code_challenge) {
            return Err(Problem::invalid_grant("incorrect code_verifier"));
        }
        resource::check(form.resources(), &grant.resource, base)?;
        let session = store.session(&grant.session_id, now).await?.ok_or_else(unknown)?;
        let fresh = Fresh::new(client, &session.upstream, session.scopes, now)?;
        if !store.redeem_code(code, fresh.issued(), now).await? {
            return Err(self.code_was_used(client, &grant).await?);
        }
        Ok(fresh.answer(now))
    }

    /// Somebody has the code who should not: nobody can tell who, so that what was given for it is over.
    async fn code_was_used(&self, client: &Client, grant: &CodeGrant) -> Result<Problem, Problem> {
        tracing::warn!(client = client.id, "a code was used twice: its session is ended");
        self.used_twice("code_used_twice", &client.id, None);
        self.end_session(&grant.session_id).await?;
        Ok(Problem::invalid_grant("authorization code does not exist"))
    }
}

fn check_redirect_uri(given: Option<&str>, grant: &CodeGrant) -> Result<(), Problem> {
    let same = match given.map(RedirectUri::parse) {
        None => !grant.redirect_uri_given,
        Some(Ok(uri)) => uri.as_str() == grant.redirect_uri,
        Some(Err(_)) => false,
    };
    if same {
        return Ok(());
    }
    Err(Problem::invalid_request("redirect_uri did not match the one used when creating auth code"))
}
