//! The authentication that a project asks for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mxcp_auth::issuer::{Issuer, Options, check_base};
use mxcp_auth::store::{self, Shared};
use mxcp_auth::{Authentication, Door, Edge, Error, Trust, Verifier, upstream};
use mxcp_core::schema::{AuthMode, AuthProvider, PersistenceKind};
use mxcp_runtime::ports::AuditSink;
use mxcp_server::Authenticator;

use crate::compose::HttpSettings;
use crate::failure::Failure;
use crate::project::Project;

/// Variable that names a file with the authorities to trust, as most programs know it.
const AUTHORITIES: &str = "SSL_CERT_FILE";

/// How often logins that are over are forgotten.
const SWEEP: Duration = Duration::from_secs(300);

/// Who may call, and what servers agree on.
#[derive(Debug, Default)]
pub(crate) struct Access {
    /// Who decides who calls; none if everybody is unknown.
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
    /// What servers share that keep logins in one PostgreSQL database; none if this server is on its own.
    pub(crate) shared: Option<Shared>,
}

/// What the active profile and the environment ask for. It has to run on the runtime that uses it.
///
/// # Errors
/// It can't be as it is configured. Serving without it would open the project to everybody.
pub(crate) async fn of(
    project: &Project,
    http: &HttpSettings,
    audit: Option<Arc<dyn AuditSink>>,
) -> Result<Access, Failure> {
    let settings = project.user.profile.auth.as_ref();
    let auth = settings.filter(|auth| auth.provider != AuthProvider::None);
    let issues = auth.is_some_and(|auth| auth.mode == AuthMode::Issuer);
    if issues {
        check_base(&http.base())?;
    }
    let persistence = settings.and_then(|auth| auth.persistence.clone()).unwrap_or_default();
    let opened = if issues || persistence.kind == PersistenceKind::Postgresql {
        let now = chrono::Utc::now().timestamp();
        Some(store::open(&persistence, |written| project.path_of_user(written), now).await?)
    } else {
        None
    };
    let shared = match &opened {
        Some(opened) => opened.share(&project.site.project).await.map_err(Error::from)?,
        None => None,
    };
    if let Some(shared) = &shared {
        tokio::spawn(sweep_shared(shared.clone()));
    }
    let door = match (auth, opened) {
        (Some(auth), Some(opened)) if issues => {
            let trust = trust()?;
            let upstream = upstream::of(auth, &trust).await?;
            let mut options = Options::of(auth, upstream, opened.store()).trusting(&trust);
            if let Some(audit) = audit {
                options.audit = audit;
            }
            if let Some(shared) = &shared {
                options.limiter = shared.limiter();
            }
            let issuer = Issuer::open(options).await?;
            tokio::spawn(sweep(issuer.clone()));
            Some(Door::Issuer(issuer))
        }
        (Some(auth), _) => Some(Door::Verifier(Verifier::new(auth, &trust()?)?)),
        (None, _) => None,
    };
    let edge = project.edge_key().map(|key| Edge::new(key, project.edge_audience())).transpose()?;
    let edge = match (edge, &shared) {
        (Some(edge), Some(shared)) => Some(edge.sharing(shared.single_use())),
        (edge, _) => edge,
    };
    let authenticator = Authentication::new(door, edge).map(|it| Arc::new(it) as Arc<dyn Authenticator>);
    Ok(Access { authenticator, shared })
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

/// Forgets what servers share and is past its time, as long as the program runs.
async fn sweep_shared(shared: Shared) {
    let mut rounds = tokio::time::interval(SWEEP);
    loop {
        rounds.tick().await;
        if let Err(error) = shared.sweep(chrono::Utc::now().timestamp()).await {
            tracing::warn!(%error, "what servers share can't be swept");
        }
    }
}
