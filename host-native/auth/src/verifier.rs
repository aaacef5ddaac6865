//! Verifier mode: tokens of an OpenID Connect provider. Those that are JWTs are verified by the provider's keys; about all others
//! the provider is asked.

mod flights;
mod inquiry;

use std::sync::Arc;

use mxcp_core::call::{Mappings, Principal, Secret};
use mxcp_core::schema::Auth;
use mxcp_core::value::Value;
use mxcp_server::Refusal;
use mxcp_token::{Algorithm, Audiences, Claims, Expectations, TokenError};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use self::flights::Flights;
use self::inquiry::{Inquiry, Userinfo};
use crate::error::Error;
use crate::http::{Client, Endpoint};
use crate::now;
use crate::publisher::{Published, Publisher};
use crate::recent::Recent;
use crate::store::Digest;
use crate::trust::Trust;

/// Most tokens whose owners are remembered.
const ACCEPTED: usize = 10_000;

/// Most tokens of which the provider said that they are not good; anybody can make them up.
const REFUSED: usize = 10_000;

/// Longest time for which the provider's answer about a token holds, in seconds.
const ANSWER: i64 = 60;

/// How long a token is refused without asking again, in seconds.
const REFUSAL: i64 = 5;

/// Verifies tokens of one provider.
#[derive(Debug)]
pub struct Verifier(Arc<State>);

#[derive(Debug)]
struct State {
    provider: Publisher,
    inquiry: Inquiry,
    /// What policies know the provider as.
    name: String,
    audiences: Audiences,
    required_scopes: Vec<String>,
    /// Seconds by which clocks may differ.
    leeway: u32,
    mappings: Mappings,
    accepted: Recent<Accepted>,
    refused: Recent<Refusal>,
    inquiries: Flights<Result<Arc<Principal>, Refusal>>,
}

/// A token that is good.
#[derive(Clone, Debug)]
struct Accepted {
    principal: Arc<Principal>,
    /// The provider's keys by which it was found good; none where the provider was asked.
    keys: Option<Digest>,
}

impl Verifier {
    /// A verifier as the settings say; `trust` vouches for the provider, which is not asked yet.
    ///
    /// # Errors
    /// The settings of the provider are missing, or it can't be reached safely.
    pub fn new(auth: &Auth, trust: &Trust) -> Result<Self, Error> {
        let Some(oidc) = &auth.oidc else {
            return Err(Error::settings("OIDC provider selected but no OIDC configuration found"));
        };
        let audiences = match &oidc.audience {
            Some(audience) => Audiences::OneOf(vec![audience.clone()]),
            None => {
                tracing::warn!(
                    "`auth.oidc.audience` is not set: tokens for any audience of the provider are accepted"
                );
                Audiences::Any
            }
        };
        let userinfo = match oidc.userinfo_fallback {
            Some(true) => {
                tracing::warn!(
                    "`auth.oidc.userinfo_fallback` is set: tokens that are no JWTs are accepted whomever they were given \
                     to, if the provider has no introspection endpoint"
                );
                Userinfo::Ask
            }
            Some(false) | None => Userinfo::Never,
        };
        let config = Endpoint::parse(&oidc.config_url).ok_or_else(|| {
            Error::settings("`auth.oidc.config_url` must be an https URL, or an http URL of this machine")
        })?;
        let secret = Secret::new(oidc.client_secret.expose());
        let scopes = auth.authorization.as_ref().and_then(|rules| rules.required_scopes.clone());
        Ok(Self(Arc::new(State {
            // Each has its own limit: whoever makes up tokens must not keep the keys from being fetched.
            provider: Publisher::new(config, Client::new(trust)),
            inquiry: Inquiry::new(Client::new(trust), &oidc.client_id, secret, userinfo),
            name: oidc.provider_name.clone().unwrap_or_else(|| "oidc".to_owned()),
            audiences,
            required_scopes: scopes.unwrap_or_default(),
            leeway: oidc.clock_leeway.unwrap_or_default(),
            mappings: Mappings::of(auth),
            accepted: Recent::new(ACCEPTED),
            refused: Recent::new(REFUSED),
            inquiries: Flights::default(),
        })))
    }

    /// Scopes that every token must carry.
    pub(crate) fn required_scopes(&self) -> &[String] {
        &self.0.required_scopes
    }

    /// Who issues tokens, as the provider says.
    ///
    /// # Errors
    /// The provider does not answer.
    pub(crate) async fn issuer(&self) -> Result<String, Refusal> {
        Ok(self.0.known().await?.issuer.clone())
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// It is not good, or nobody can tell because the provider does not answer.
    pub(crate) async fn verify(&self, token: &str, _base: &str) -> Result<Arc<Principal>, Refusal> {
        self.verify_at(token, now()).await
    }

    async fn verify_at(&self, token: &str, now: i64) -> Result<Arc<Principal>, Refusal> {
        let state = &self.0;
        if token.is_empty() || token.len() > mxcp_token::MOST_BYTES {
            return Err(Refusal::Unauthenticated("the token is empty or too long".to_owned()));
        }
        let known = state.known().await?;
        let digest = Digest(Sha256::digest(token).into());
        if let Some(accepted) = state.accepted.get(&digest, now)
            && accepted.keys.is_none_or(|keys| keys == known.fingerprint)
        {
            return Ok(accepted.principal);
        }
        // What looks like a JWT is one: if it is not good, nobody is asked for another opinion.
        if known.keys.is_some() && token.bytes().filter(|byte| *byte == b'.').count() == 2 {
            return state.verify_signed(token, digest, known, now).await;
        }
        if let Some(refusal) = state.refused.get(&digest, now) {
            return Err(refusal);
        }
        let answer = state.inquiries.join(digest, || {
            let (state, token) = (Arc::clone(state), Secret::new(token));
            async move { state.inquire(&token, digest, &known, now).await }
        });
        answer.await.unwrap_or_else(|| Err(Refusal::Unavailable("asking about the token failed".to_owned())))
    }
}

impl State {
    async fn known(&self) -> Result<Arc<Published>, Refusal> {
        let known = self.provider.known().await.map_err(Refusal::Unavailable)?;
        // Whoever has an account with any tenant of the provider would be let in.
        if known.issuer.contains(['{', '}']) {
            let problem = "the issuer in the OIDC discovery document stands for several: `auth.oidc.config_url` must be \
                 the document of one tenant";
            return Err(Refusal::Unavailable(problem.to_owned()));
        }
        Ok(known)
    }

    async fn verify_signed(
        &self,
        token: &str,
        digest: Digest,
        known: Arc<Published>,
        now: i64,
    ) -> Result<Arc<Principal>, Refusal> {
        let (known, verified) = match self.check(token, &known, now) {
            Err(error) if error.asks_for_fresh_keys() => {
                let fresh = self.provider.fresher(&known).await.map_err(Refusal::Unavailable)?;
                let verified = self.check(token, &fresh, now);
                (fresh, verified)
            }
            verified => (known, verified),
        };
        let claims = verified.map_err(|error| match error {
            TokenError::MissingScope(scope) => Refusal::InsufficientScope(scope),
            error => Refusal::Unauthenticated(error.to_string()),
        })?;
        let principal = Arc::new(self.principal(&claims, token)?);
        let accepted = Accepted { principal: Arc::clone(&principal), keys: Some(known.fingerprint) };
        self.accepted.put(digest, accepted, self.end(&claims));
        Ok(principal)
    }

    fn check(&self, token: &str, known: &Published, now: i64) -> Result<Claims, TokenError> {
        let keys = known.keys.as_ref().ok_or(TokenError::UnknownKey)?;
        mxcp_token::verify(token, keys, &self.expected(known), now)
    }

    /// Asks the provider about a token, and remembers what it says.
    async fn inquire(
        &self,
        token: &Secret,
        digest: Digest,
        known: &Published,
        now: i64,
    ) -> Result<Arc<Principal>, Refusal> {
        // Somebody else may have learned it between our looking and our asking.
        if let Some(accepted) = self.accepted.get(&digest, now) {
            return Ok(accepted.principal);
        }
        let claims = self.inquiry.ask(token, known, &self.expected(known), now).await;
        let found = match claims {
            Ok(claims) => {
                self.principal(&claims, token.reveal()).map(|principal| (Arc::new(principal), claims))
            }
            Err(refusal) => Err(refusal),
        };
        match found {
            Ok((principal, claims)) => {
                let accepted = Accepted { principal: Arc::clone(&principal), keys: None };
                self.accepted.put(digest, accepted, self.end(&claims).min(now.saturating_add(ANSWER)));
                Ok(principal)
            }
            Err(refusal) => {
                // That nobody could be asked says nothing about the token.
                if !matches!(refusal, Refusal::Unavailable(_)) {
                    self.refused.put(digest, refusal.clone(), now.saturating_add(REFUSAL));
                }
                Err(refusal)
            }
        }
    }

    fn expected(&self, known: &Published) -> Expectations {
        Expectations {
            issuer: known.issuer.clone(),
            audiences: self.audiences.clone(),
            algorithms: Algorithm::ALL.to_vec(),
            required_scopes: self.required_scopes.clone(),
            leeway: self.leeway,
        }
    }

    /// When claims stop being good here.
    fn end(&self, claims: &Claims) -> i64 {
        claims.expires_at().saturating_add(i64::from(self.leeway))
    }

    fn principal(&self, claims: &Claims, token: &str) -> Result<Principal, Refusal> {
        let user = Value::from_json(Json::Object(claims.user(&self.name)));
        let user = Principal::from_user(user).map_err(|error| Refusal::Unauthenticated(error.to_string()))?;
        let user = Principal { external_token: Some(Secret::new(token)), ..user };
        Ok(self.mappings.apply(user))
    }
}

#[cfg(test)]
mod tests;
