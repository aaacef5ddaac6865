//! Everyone who may say who calls.

use std::sync::Arc;

use axum::Router;
use mxcp_core::call::Principal;
use mxcp_runtime::ports::BoxFuture;
use mxcp_server::{Authenticator, Credentials, Guidance, Refusal};

use crate::edge::Edge;
use crate::issuer::Issuer;
use crate::verifier::Verifier;

/// Where people's tokens come from.
#[derive(Debug)]
pub enum Door {
    /// From an identity provider.
    Verifier(Verifier),
    /// From this server.
    Issuer(Issuer),
}

/// Everyone who may say who calls: people's tokens, edge hosts, or both.
#[derive(Debug)]
pub struct Authentication {
    door: Option<Door>,
    edge: Option<Edge>,
}

impl Authentication {
    /// Takes the tokens of a door and the word of an edge; none if there is neither.
    #[must_use]
    pub fn new(door: Option<Door>, edge: Option<Edge>) -> Option<Self> {
        (door.is_some() || edge.is_some()).then_some(Self { door, edge })
    }

    /// Whether a token is for the edge's door: what looks like an assertion, and everything where there is no other door.
    fn is_for_edge(&self, token: &str) -> bool {
        self.edge.is_some() && (self.door.is_none() || mxcp_token::is_assertion(token))
    }

    async fn decide(&self, credentials: Credentials<'_>) -> Result<Option<Arc<Principal>>, Refusal> {
        match (credentials.token, &self.edge, &self.door) {
            (Some(token), Some(edge), _) if self.is_for_edge(token) => {
                edge.verify(token, credentials.body).await
            }
            (Some(token), _, Some(Door::Verifier(verifier))) => {
                verifier.verify(token, credentials.base).await.map(Some)
            }
            (Some(token), _, Some(Door::Issuer(issuer))) => {
                issuer.verify(token, credentials.base).await.map(Some)
            }
            (None, _, Some(_)) => Err(Refusal::Unauthenticated("there is no bearer token".to_owned())),
            // Where nobody has to log in, only an edge says who somebody is.
            (None, _, None) => Ok(None),
            (Some(_), _, None) => Err(Refusal::Unauthenticated("nobody can verify the token".to_owned())),
        }
    }
}

impl Authenticator for Authentication {
    fn needs_body(&self, token: &str) -> bool {
        self.is_for_edge(token)
    }

    fn authenticate<'a>(
        &'a self,
        credentials: Credentials<'a>,
    ) -> BoxFuture<'a, Result<Option<Arc<Principal>>, Refusal>> {
        Box::pin(self.decide(credentials))
    }

    fn guidance<'a>(&'a self, base: &'a str) -> Option<BoxFuture<'a, Result<Guidance, Refusal>>> {
        let door = self.door.as_ref()?;
        Some(Box::pin(async move {
            let issuer = match door {
                Door::Verifier(verifier) => verifier.issuer().await?,
                Door::Issuer(issuer) => issuer.identifier(base),
            };
            Ok(Guidance { issuers: vec![issuer] })
        }))
    }

    fn required_scopes(&self) -> &[String] {
        match &self.door {
            Some(Door::Verifier(verifier)) => verifier.required_scopes(),
            Some(Door::Issuer(issuer)) => issuer.required_scopes(),
            None => &[],
        }
    }

    fn routes(&self) -> Router {
        match &self.door {
            Some(Door::Issuer(issuer)) => issuer.routes(),
            Some(Door::Verifier(_)) | None => Router::new(),
        }
    }
}
