//! Tokens about the person (OpenID Connect Core section 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_core::call::Secret;
use mxcp_token::{Expectations, TokenError};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::UpstreamError;
use super::claims::{Claims, unverified};
use crate::publisher::{Published, Publisher};

/// Seconds by which the provider's clock may differ: the token was made a moment ago.
const LEEWAY: u32 = 60;

/// What stands for the tenant in the issuer of providers that serve several.
const TENANT: &str = "{tenantid}";

/// Verifies tokens about people by the provider's keys.
///
/// They come from the provider itself, over a connection that proves who answers, so that the protocol allows to believe them
/// as they are (section 3.1.3.7). Verified, they also show that the provider meant them for this client and for this login.
#[derive(Debug)]
pub(super) struct IdTokens {
    provider: Publisher,
    client_id: String,
}

impl IdTokens {
    /// Verifies tokens that `provider` gives to a client.
    pub(super) fn new(provider: Publisher, client_id: &str) -> Self {
        Self { provider, client_id: client_id.to_owned() }
    }

    /// What binds a token to the login that has this proof.
    pub(super) fn nonce(verifier: &Secret) -> String {
        let mut digest = Sha256::new();
        digest.update(b"nonce\0");
        digest.update(verifier.reveal());
        URL_SAFE_NO_PAD.encode(digest.finalize())
    }

    /// The claims of a token, if it is for this client and has the nonce.
    ///
    /// # Errors
    /// It is not, or the provider's keys can't be had.
    pub(super) async fn verify(
        &self,
        token: &str,
        nonce: Option<&str>,
        now: i64,
    ) -> Result<Claims, UpstreamError> {
        let known = self.provider.known().await.map_err(UpstreamError::Unavailable)?;
        let claims = match self.check(token, &known, now) {
            Err(error) if error.asks_for_fresh_keys() => {
                let fresh = self.provider.fresher(&known).await.map_err(UpstreamError::Unavailable)?;
                self.check(token, &fresh, now)
            }
            checked => checked,
        };
        let claims = claims.map_err(|error| UpstreamError::Unusable(format!("its id_token: {error}")))?;
        // Where it names who may use it, that is this client, whoever else it is for.
        if claims.get("azp").is_some_and(|party| party.as_str() != Some(&self.client_id)) {
            return Err(UpstreamError::Unusable("its id_token is for another client".to_owned()));
        }
        if nonce.is_some_and(|nonce| claims.get("nonce").and_then(Json::as_str) != Some(nonce)) {
            return Err(UpstreamError::Unusable("its id_token is of another login".to_owned()));
        }
        Ok(claims)
    }

    fn check(&self, token: &str, known: &Published, now: i64) -> Result<Claims, TokenError> {
        let keys = known.keys.as_ref().ok_or(TokenError::UnknownKey)?;
        let issuer = issuer(&known.issuer, token);
        let expected = Expectations { leeway: LEEWAY, ..Expectations::new(issuer, &self.client_id) };
        Ok(mxcp_token::verify(token, keys, &expected, now)?.all().clone())
    }
}

/// The issuer of a token. A provider that serves several tenants signs for all of them with the same keys, and leaves to the
/// registration of this client whose people may log in.
fn issuer(published: &str, token: &str) -> String {
    if !published.contains(TENANT) {
        return published.to_owned();
    }
    let claims = unverified(token).unwrap_or_default();
    let tenant = claims.get("tid").and_then(Json::as_str).unwrap_or_default();
    let plain = tenant.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    published.replace(TENANT, if plain { tenant } else { "" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tenant_is_a_plain_word() {
        let token =
            |tenant: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(json!({ "tid": tenant }).to_string()));
        assert_eq!(issuer("https://id/{tenantid}/v2.0", &token("a-1")), "https://id/a-1/v2.0");
        assert_eq!(issuer("https://id/{tenantid}/v2.0", &token("../x")), "https://id//v2.0");
        assert_eq!(issuer("https://id/v2.0", &token("a-1")), "https://id/v2.0");
    }

    #[test]
    fn a_nonce_tells_nothing_of_the_proof() {
        let nonce = IdTokens::nonce(&Secret::new("proof"));
        assert_eq!(nonce, IdTokens::nonce(&Secret::new("proof")));
        assert_ne!(nonce, IdTokens::nonce(&Secret::new("prooF")));
        // What the provider is told of the proof itself is another digest.
        assert_ne!(nonce, URL_SAFE_NO_PAD.encode(Sha256::digest("proof")));
    }
}
