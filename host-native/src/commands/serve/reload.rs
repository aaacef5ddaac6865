//! Looking at the project again while it is served.

use std::sync::Arc;

use mxcp_core::site::Site;
use mxcp_runtime::Pipeline;
use mxcp_runtime::ports::SqlEngine;

use super::endpoints::Endpoints;
use crate::failure::Failure;
use crate::project::Project;
use crate::signals::Reloads;

/// Reloads secrets and definitions of a running server.
#[derive(Debug)]
pub(super) struct Reloader {
    pub(super) project: Arc<Project>,
    pub(super) engine: Arc<dyn SqlEngine>,
    pub(super) pipeline: Arc<Pipeline>,
    /// Whether endpoints with errors are left out, instead of keeping everything as it is.
    pub(super) ignore_errors: bool,
    /// Whether warnings count as errors.
    pub(super) strict: bool,
}

impl Reloader {
    /// Reloads at each signal, one reload after the other, for ever.
    pub(super) async fn run(&self, mut signals: Reloads) {
        loop {
            signals.next().await;
            self.reload().await;
        }
    }

    /// Goes over to secrets and definitions as they are now. If something is wrong with the configuration, nothing
    /// changes; if something is wrong with a definition, all of them stay, but the secrets are the new ones. Calls are
    /// answered throughout.
    async fn reload(&self) {
        let project = match self.configuration().await {
            Ok(project) => project,
            Err(failure) => {
                let error = said(failure);
                return tracing::error!(error = ?error, "nothing is reloaded: the configuration can't be used");
            }
        };
        // Before the definitions are checked, as their SQL may need the new ones.
        if let Err(error) = self.engine.replace_secrets(project.user.secrets()).await {
            return tracing::error!(error = ?error.to_string(), "nothing is reloaded: the database can't be used");
        }
        let endpoints = match Endpoints::load(&project, &*self.engine, self.strict).await {
            Ok(endpoints) => endpoints,
            Err(failure) => {
                let error = said(failure);
                return tracing::error!(error = ?error, "definitions are not reloaded: they can't be checked");
            }
        };
        let broken = endpoints.broken.len();
        for report in &endpoints.broken {
            let error = report.message().or_else(|| report.warnings()).unwrap_or_default();
            tracing::error!(file = report.path, error = ?error, "endpoint can't be reloaded");
        }
        if broken > 0 && !self.ignore_errors {
            return tracing::error!(broken, "definitions are not reloaded: those from before stay");
        }
        let count = endpoints.registry.endpoints().count();
        let changed = self.pipeline.replace(endpoints.registry);
        tracing::info!(endpoints = count, left_out = broken, changed, "definitions are reloaded");
    }

    /// Site file and user file as they are now.
    async fn configuration(&self) -> Result<Arc<Project>, Failure> {
        let before = Arc::clone(&self.project);
        // Files are read, and secret managers asked, away from the threads that answer clients.
        let read = tokio::task::spawn_blocking(move || before.read_again());
        let project = read.await.map_err(|panic| Failure::Other(panic.into()))??;
        for warning in &project.warnings {
            tracing::warn!(file = warning.file(), "{}", warning.summary());
        }
        let (old, new) = (&self.project.site, &project.site);
        let database = |site: &Site| site.profile(&project.profile).database.clone();
        if database(old) != database(new) || old.extensions != new.extensions {
            tracing::warn!("another database and other extensions need a restart");
        }
        Ok(Arc::new(project))
    }
}

/// A failure in one text.
fn said(failure: Failure) -> String {
    match failure {
        Failure::Other(error) => format!("{error:#}"),
        Failure::Usage(message) | Failure::Project { message, .. } => message,
    }
}
