//! The authentication that a project asks for.

use std::sync::Arc;

use mxcp_auth::{Authentication, Door, Edge, Verifier};
use mxcp_core::schema::{AuthMode, AuthProvider};
use mxcp_server::Authenticator;

use crate::failure::Failure;
use crate::project::Project;

/// The authentication that the active profile and the environment ask for; none if neither does.
///
/// # Errors
/// It is not available, or can't be as it is configured. Serving without it would open the project to everybody.
pub(crate) fn of(project: &Project) -> Result<Option<Arc<dyn Authenticator>>, Failure> {
    let settings = project.user.profile.auth.as_ref();
    let door = match settings.map(|auth| (auth, auth.provider, auth.mode)) {
        None | Some((_, AuthProvider::None, _)) => None,
        Some((auth, AuthProvider::Oidc, AuthMode::Verifier)) => Some(Door::Verifier(Verifier::new(auth)?)),
        Some((_, provider, _)) => {
            return Err(Failure::message(format!(
                "authentication with `{}` is not available, and the profile `{}` asks for it",
                provider.as_str(),
                project.profile
            )));
        }
    };
    let edge = project.edge_key().map(|key| Edge::new(key, project.edge_audience())).transpose()?;
    Ok(match Authentication::new(door, edge) {
        None => None,
        Some(authentication) => Some(Arc::new(authentication)),
    })
}
