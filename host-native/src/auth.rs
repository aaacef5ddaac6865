//! Who calls the server: tokens of an identity provider, and assertions of an edge host in front.

mod edge;
mod provider;
mod verifier;

use std::sync::Arc;

use mxcp_core::call::Principal;
use mxcp_core::schema::{AuthMode, AuthProvider};
use mxcp_runtime::ports::BoxFuture;
use mxcp_server::{Authenticator, Credentials, Guidance, Refusal};

use self::edge::Edge;
use self::verifier::Verifier;
use crate::failure::Failure;
use crate::project::Project;

/// Everyone who may say who calls.
#[derive(Debug)]
struct Authentication {
    verifier: Option<Verifier>,
    edge: Option<Edge>,
}

/// The authentication that the active profile and the environment ask for; none if neither does.
///
/// # Errors
/// It is not available, or can't be as it is configured. Serving without it would open the project to everybody.
pub(crate) fn of(project: &Project) -> Result<Option<Arc<dyn Authenticator>>, Failure> {
    let settings = project.user.profile.auth.as_ref();
    let verifier = match settings.map(|auth| (auth, auth.provider, auth.mode)) {
        None | Some((_, AuthProvider::None, _)) => None,
        Some((auth, AuthProvider::Oidc, AuthMode::Verifier)) => Some(Verifier::new(auth)?),
        Some((_, provider, _)) => {
            return Err(Failure::message(format!(
                "authentication with `{}` is not available, and the profile `{}` asks for it",
                provider.as_str(),
                project.profile
            )));
        }
    };
    let edge = project.edge_key().map(|key| Edge::new(key, project.edge_audience())).transpose()?;
    if verifier.is_none() && edge.is_none() {
        return Ok(None);
    }
    Ok(Some(Arc::new(Authentication { verifier, edge })))
}

impl Authentication {
    /// Whether a token is for the edge's door: what looks like an assertion, and everything where there is no other door.
    fn is_for_edge(&self, token: &str) -> bool {
        self.edge.is_some() && (self.verifier.is_none() || mxcp_token::is_assertion(token))
    }

    async fn decide(&self, credentials: Credentials<'_>) -> Result<Option<Arc<Principal>>, Refusal> {
        match (credentials.token, &self.edge, &self.verifier) {
            (Some(token), Some(edge), _) if self.is_for_edge(token) => edge.verify(token, credentials.body),
            (Some(token), _, Some(verifier)) => verifier.verify(token).await.map(Some),
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

    fn guidance(&self) -> Option<BoxFuture<'_, Result<Guidance, Refusal>>> {
        let verifier = self.verifier.as_ref()?;
        Some(Box::pin(async { Ok(Guidance { issuers: vec![verifier.issuer().await?] }) }))
    }

    fn required_scopes(&self) -> &[String] {
        self.verifier.as_ref().map(Verifier::required_scopes).unwrap_or_default()
    }
}

/// The time as tokens tell it.
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}
