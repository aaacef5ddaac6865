//! Issuer mode: an OAuth authorization server in front of an identity provider.
//!
//! The provider never sees the client, and the client never sees a token of the provider.

use std::sync::Arc;

use axum::Router;
use mxcp_core::call::Principal;
use mxcp_server::Refusal;

use crate::store::Store;
use crate::upstream::Upstream;

/// What an issuer is made of.
#[derive(Debug)]
pub struct Options {
    /// Where people log in.
    pub upstream: Arc<dyn Upstream>,
    /// Where it remembers.
    pub store: Arc<dyn Store>,
    /// Scopes that every token must carry.
    pub required_scopes: Vec<String>,
}

/// Issues tokens, and knows them again.
#[derive(Clone, Debug)]
pub struct Issuer(Arc<Options>);

impl Issuer {
    /// An issuer.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self(Arc::new(options))
    }

    /// Its identifier (RFC 8414) for clients that reach the server by the URL `base`.
    #[must_use]
    pub fn identifier(&self, base: &str) -> String {
        base.to_owned()
    }

    /// Scopes that every token must carry.
    #[must_use]
    pub fn required_scopes(&self) -> &[String] {
        &self.0.required_scopes
    }

    /// Its pages and endpoints.
    pub fn routes(&self) -> Router {
        Router::new()
    }

    /// Whose token it is, at the server that is reached by the URL `base`.
    ///
    /// # Errors
    /// It is none of ours, over, or for another server.
    pub async fn verify(&self, _token: &str, _base: &str) -> Result<Arc<Principal>, Refusal> {
        Err(Refusal::Unauthenticated("no token was issued".to_owned()))
    }
}
