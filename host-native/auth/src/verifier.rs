//! Verifier mode: tokens of an OpenID Connect provider, which are JWTs, by the provider's keys.

mod provider;

use std::sync::Arc;

use mxcp_core::call::{Principal, Secret, capabilities};
use mxcp_core::schema::{Auth, ClaimMappings};
use mxcp_core::value::Value;
use mxcp_server::Refusal;
use mxcp_token::{Algorithm, Audiences, Claims, Expectations, TokenError};
use serde_json::Value as Json;

use self::provider::{Keys, Provider};
use crate::error::Error;
use crate::now;

/// Verifies tokens of one provider.
#[derive(Debug)]
pub struct Verifier {
    provider: Provider,
    /// What policies know the provider as.
    name: String,
    audiences: Audiences,
    required_scopes: Vec<String>,
    mappings: ClaimMappings,
}

impl Verifier {
    /// A verifier as the settings say.
    ///
    /// # Errors
    /// The settings of the provider are missing, or it can't be reached safely.
    pub fn new(auth: &Auth) -> Result<Self, Error> {
        let Some(oidc) = &auth.oidc else {
            return Err(Error::settings("OIDC provider selected but no OIDC configuration found"));
        };
        tracing::warn!(
            "only tokens that are JWTs are accepted: asking the provider about others (introspection, userinfo) is not available"
        );
        let audiences = match &oidc.audience {
            Some(audience) => Audiences::OneOf(vec![audience.clone()]),
            None => {
                tracing::warn!(
                    "`auth.oidc.audience` is not set: tokens for any audience of the provider are accepted"
                );
                Audiences::Any
            }
        };
        let scopes = auth.authorization.as_ref().and_then(|rules| rules.required_scopes.clone());
        Ok(Self {
            provider: Provider::new(&oidc.config_url)?,
            name: oidc.provider_name.clone().unwrap_or_else(|| "oidc".to_owned()),
            audiences,
            required_scopes: scopes.unwrap_or_default(),
            mappings: oidc.claim_mappings.clone().unwrap_or_default(),
        })
    }

    /// Scopes that every token must carry.
    pub(crate) fn required_scopes(&self) -> &[String] {
        &self.required_scopes
    }

    /// Who issues tokens, as the provider says.
    ///
    /// # Errors
    /// The provider does not answer.
    pub(crate) async fn issuer(&self) -> Result<String, Refusal> {
        Ok(self.keys().await?.issuer.clone())
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// It is not good, or nobody can tell because the provider does not answer.
    pub(crate) async fn verify(&self, token: &str, _base: &str) -> Result<Arc<Principal>, Refusal> {
        let keys = self.keys().await?;
        let verified = match self.check(token, &keys) {
            Err(error) if error.asks_for_fresh_keys() => {
                let fresh = self.provider.fresher(&keys).await.map_err(Refusal::Unavailable)?;
                self.check(token, &fresh)
            }
            verified => verified,
        };
        match verified {
            Ok(claims) => self.principal(&claims, token).map(Arc::new),
            Err(TokenError::MissingScope(scope)) => Err(Refusal::InsufficientScope(scope)),
            Err(error) => Err(Refusal::Unauthenticated(error.to_string())),
        }
    }

    async fn keys(&self) -> Result<Arc<Keys>, Refusal> {
        self.provider.keys().await.map_err(Refusal::Unavailable)
    }

    fn check(&self, token: &str, keys: &Keys) -> Result<Claims, TokenError> {
        let expected = Expectations {
            issuer: keys.issuer.clone(),
            audiences: self.audiences.clone(),
            algorithms: Algorithm::ALL.to_vec(),
            required_scopes: self.required_scopes.clone(),
            leeway: 0,
        };
        mxcp_token::verify(token, &keys.keys, &expected, now())
    }

    fn principal(&self, claims: &Claims, token: &str) -> Result<Principal, Refusal> {
        let user = Value::from_json(Json::Object(claims.user(&self.name)));
        let user = Principal::from_user(user).map_err(|error| Refusal::Unauthenticated(error.to_string()))?;
        let capabilities = capabilities(&user.profile, &self.mappings);
        Ok(Principal { capabilities, external_token: Some(Secret::new(token)), ..user })
    }
}
