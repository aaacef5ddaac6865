//! The authentication that a project asks for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mxcp_auth::issuer::{Issuer, Options, check_base};
use mxcp_auth::{Authentication, Door, Edge, Error, Trust, Verifier, store, upstream};
use mxcp_core::schema::{Auth, AuthMode, AuthProvider};
use mxcp_server::Authenticator;

use crate::compose::HttpSettings;
use crate::failure::Failure;
use crate::project::Project;

/// Variable that names a file with the authorities to trust, as most programs know it.
const AUTHORITIES: &str = "SSL_CERT_FILE";

/// How often logins that are over are forgotten.
const SWEEP: Duration = Duration::from_secs(300);

/// The authentication that the active profile and the environment ask for; none if neither does. It has to run on the runtime
/// that uses it.
///
/// # Errors
/// It can't be as it is configured. Serving without it would open the project to everybody.
pub(crate) async fn of(
    project: &Project,
    http: &HttpSettings,
) -> Result<Option<Arc<dyn Authenticator>>, Failure> {
    let auth = project.user.profile.auth.as_ref().filter(|auth| auth.provider != AuthProvider::None);
    let door = match auth {
        None => None,
        Some(auth) if auth.mode == AuthMode::Verifier => {
            Some(Door::Verifier(Verifier::new(auth, &trust()?)?))
        }
        Some(auth) => {
            check_base(&http.base())?;
            Some(Door::Issuer(issuer(auth, project).await?))
        }
    };
    let edge = project.edge_key().map(|key| Edge::new(key, project.edge_audience())).transpose()?;
    Ok(match Authentication::new(door, edge) {
        None => None,
        Some(authentication) => Some(Arc::new(authentication)),
    })
}

async fn issuer(auth: &Auth, project: &Project) -> Result<Issuer, Failure> {
    let trust = trust()?;
    let upstream = upstream::of(auth, &trust).await?;
    let persistence = auth.persistence.clone().unwrap_or_default();
    let now = chrono::Utc::now().timestamp();
    let store = store::open(&persistence, |written| project.path_of_user(written), now).await?;
    let issuer = Issuer::open(Options::of(auth, upstream, store).trusting(&trust)).await?;
    tokio::spawn(sweep(issuer.clone()));
    Ok(issuer)
}

/// Who vouches for identity providers.
fn trust() -> Result<Trust, Error> {
    match crate::environment::text(AUTHORITIES) {
        Some(path) => Trust::read(Path::new(&path)),
        None => Ok(Trust::default()),
    }
}

/// Forgets logins that are over, as long as the program runs.
async fn sweep(issuer: Issuer) {
    let mut rounds = tokio::time::interval(SWEEP);
    loop {
        rounds.tick().await;
        match issuer.sweep().await {
            Ok(0) => {}
            Ok(forgotten) => tracing::debug!(forgotten, "logins that were over"),
            Err(error) => tracing::warn!(%error, "logins that are over can't be forgotten"),
        }
    }
}
