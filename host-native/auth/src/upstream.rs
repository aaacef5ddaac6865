//! Identity providers, as the authorization server uses them: where people log in.
//!
//! There is one flow for all of them ([`provider`]); in what they differ is data ([`profile`], [`profiles`]).

mod claims;
mod granted;
mod id_tokens;
mod profile;
mod profiles;
mod provider;

use std::fmt;
use std::sync::Arc;

use mxcp_core::call::Secret;
use mxcp_core::schema::{Auth, AuthProvider};
use mxcp_runtime::ports::BoxFuture;

use self::provider::Provider;
use crate::error::Error;
use crate::http::Client;
use crate::store::{UpstreamTokens, User};
use crate::trust::Trust;

/// An identity provider at which this server is a client.
pub trait Upstream: fmt::Debug + Send + Sync {
    /// What policies know it as: `user.provider`.
    fn name(&self) -> &str;

    /// Path of this server that people come back to; begins with `/`.
    fn callback_path(&self) -> &str;

    /// Scopes that are asked of it.
    fn scopes(&self) -> &[String];

    /// Where to send a browser, and what has to be remembered until it comes back.
    fn begin(&self, state: &str, callback_url: &str) -> Departure;

    /// Who came back with a code.
    fn finish<'a>(&'a self, arrival: Arrival<'a>) -> BoxFuture<'a, Result<Identity, UpstreamError>>;

    /// Fresh tokens. What the provider's tokens say of the user now is laid over what it said before.
    fn refresh<'a>(
        &'a self,
        refresh: &'a Secret,
        scopes: &'a [String],
        user: &'a User,
    ) -> BoxFuture<'a, Result<Identity, UpstreamError>>;
}

/// The identity provider that the settings name; `trust` vouches for it. One of OpenID Connect is asked where it is asked for what.
///
/// # Errors
/// The settings are missing or can't be as they are, or the provider does not answer as it should.
pub async fn of(auth: &Auth, trust: &Trust) -> Result<Arc<dyn Upstream>, Error> {
    let http = Client::new(trust);
    let profile = match auth.provider {
        AuthProvider::None => return Err(Error::settings("no identity provider is selected")),
        AuthProvider::Github => profiles::github::profile(needed(auth.github.as_ref(), "GitHub")?)?,
        AuthProvider::Google => profiles::google::profile(needed(auth.google.as_ref(), "Google")?)?,
        AuthProvider::Atlassian => {
            profiles::atlassian::profile(needed(auth.atlassian.as_ref(), "Atlassian")?)?
        }
        AuthProvider::Salesforce => {
            profiles::salesforce::profile(needed(auth.salesforce.as_ref(), "Salesforce")?)?
        }
        AuthProvider::Keycloak => profiles::keycloak::profile(needed(auth.keycloak.as_ref(), "Keycloak")?)?,
        AuthProvider::Oidc => profiles::oidc::profile(needed(auth.oidc.as_ref(), "OIDC")?, &http).await?,
    };
    Ok(Arc::new(Provider::new(profile, http)?))
}

fn needed<'a, T>(settings: Option<&'a T>, name: &str) -> Result<&'a T, Error> {
    settings
        .ok_or_else(|| Error::settings(format!("{name} provider selected but no {name} configuration found")))
}

/// How a login leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The provider's page.
    pub url: String,
    /// Our proof for the way back, where the provider takes one (RFC 7636).
    pub verifier: Option<Secret>,
}

/// How a login comes back.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The provider's code. A secret until it is used.
    pub code: &'a Secret,
    /// The callback's URL as it was when the login left.
    pub callback_url: &'a str,
    /// Our proof from when it left.
    pub verifier: Option<&'a Secret>,
    /// Scopes that were asked for.
    pub scopes: &'a [String],
}

/// Who logged in, and the provider's tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Who it is.
    pub user: User,
    /// The tokens.
    pub tokens: UpstreamTokens,
}

/// Why a provider did not say who it is. The texts are for logs; they quote neither secrets nor what the provider wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// It refuses this code or token: asking again changes nothing.
    #[error("the identity provider refuses: {0}")]
    Refused(String),
    /// It can't be reached, or is out of order.
    #[error("the identity provider does not answer: {0}")]
    Unavailable(String),
    /// What it says can't be understood, or names nobody.
    #[error("the identity provider's answer can't be used: {0}")]
    Unusable(String),
}
