//! What an OpenID Connect provider says of itself (OpenID Connect Discovery section 4).

use serde_json::{Map, Value as Json};

use crate::http::{Client, Endpoint, HttpError};

/// What a provider says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Discovery {
    /// Who issues its tokens.
    pub(crate) issuer: Option<String>,
    /// Where people log in.
    pub(crate) authorization: Option<Endpoint>,
    /// Where codes are exchanged.
    pub(crate) token: Option<Endpoint>,
    /// Who somebody is.
    pub(crate) userinfo: Option<Endpoint>,
    /// What a token is worth.
    pub(crate) introspection: Option<Endpoint>,
    /// The keys that it signs with.
    pub(crate) jwks: Option<Endpoint>,
    /// How it takes proofs (RFC 7636); none if it does not say.
    pub(crate) challenge_methods: Option<Vec<String>>,
}

/// Why a provider did not say it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DiscoveryError {
    /// There is no answer.
    #[error("OIDC discovery request failed: {0}")]
    Unreachable(#[from] HttpError),
    /// It has no such document.
    #[error("OIDC discovery request failed: status {0}")]
    Status(u16),
    /// It is no JSON object.
    #[error("OIDC discovery request failed: the document is no JSON object")]
    NoObject,
    /// An address in it can't be used safely.
    #[error("OIDC discovery document names a `{0}` that is no https URL")]
    Unsafe(&'static str),
}

impl Discovery {
    /// Asks for the document at an address.
    ///
    /// # Errors
    /// There is none, or an address in it is not safe.
    pub(crate) async fn ask(http: &Client, config: &Endpoint) -> Result<Self, DiscoveryError> {
        let answer = http.get(config, None).await?;
        if answer.status.as_u16() != 200 {
            return Err(DiscoveryError::Status(answer.status.as_u16()));
        }
        Self::read(&answer.object().ok_or(DiscoveryError::NoObject)?, config)
    }

    fn read(document: &Map<String, Json>, config: &Endpoint) -> Result<Self, DiscoveryError> {
        let text = |key: &str| document.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
        let endpoint = |key: &'static str| match text(key) {
            None => Ok(None),
            Some(url) => config.naming(url).map(Some).ok_or(DiscoveryError::Unsafe(key)),
        };
        let methods = document.get("code_challenge_methods_supported").and_then(Json::as_array);
        Ok(Self {
            issuer: text("issuer").map(str::to_owned),
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            userinfo: endpoint("userinfo_endpoint")?,
            introspection: endpoint("introspection_endpoint")?,
            jwks: endpoint("jwks_uri")?,
            challenge_methods: methods
                .map(|methods| methods.iter().filter_map(Json::as_str).map(str::to_owned).collect()),
        })
    }

    /// Whether the provider takes proofs by SHA-256: if it says so, or says nothing.
    pub(crate) fn takes_proofs(&self) -> bool {
        match &self.challenge_methods {
            None => true,
            Some(methods) => methods.is_empty() || methods.iter().any(|method| method == "S256"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(document: &Json, config: &str) -> Result<Discovery, DiscoveryError> {
        Discovery::read(document.as_object().unwrap(), &Endpoint::parse(config).unwrap())
    }

    #[test]
    fn addresses_must_be_as_safe_as_the_document() {
        let document = json!({ "issuer": "i", "jwks_uri": "http://127.0.0.1:1/keys" });
        let error = read(&document, "https://id.example/").unwrap_err();
        assert_eq!(error, DiscoveryError::Unsafe("jwks_uri"));
        assert!(read(&document, "http://127.0.0.1:1/").unwrap().jwks.is_some());
        for key in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "introspection_endpoint"]
        {
            let document = json!({ key: "http://id.example/x" });
            assert_eq!(
                read(&document, "http://127.0.0.1:1/").unwrap_err().to_string(),
                format!("OIDC discovery document names a `{key}` that is no https URL")
            );
        }
    }

    #[test]
    fn proofs_are_taken_by_whoever_does_not_deny_it() {
        let takes = |document: Json| read(&document, "https://id.example/").unwrap().takes_proofs();
        assert!(takes(json!({})));
        assert!(takes(json!({ "code_challenge_methods_supported": [] })));
        assert!(takes(json!({ "code_challenge_methods_supported": ["plain", "S256"] })));
        assert!(!takes(json!({ "code_challenge_methods_supported": ["plain"] })));
    }
}
