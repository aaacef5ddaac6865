//! Looking at the project again while it is served.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mxcp_core::site::Site;
use mxcp_runtime::ports::{Reload, ReloadPayload};
use mxcp_runtime::{Pipeline, Shut};
use mxcp_server::Tls;
use tokio::sync::mpsc;

use super::endpoints::{self, Endpoints};
use crate::compose::Engines;
use crate::failure::Failure;
use crate::project::{Definitions, Project};
use crate::signals::Reloads;

/// Longest time that running calls keep a reload waiting (spec `reload.md` section 2).
const DRAINING: Duration = Duration::from_secs(90);

/// What Python asks for.
struct Request {
    description: String,
    payload: Option<ReloadPayload>,
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("description", &self.description).finish_non_exhaustive()
    }
}

/// Where Python asks for reloads. They are done one at a time, in order.
#[derive(Debug)]
pub(super) struct Queue(mpsc::UnboundedSender<Request>);

/// The reloads that Python asked for.
#[derive(Debug)]
pub(super) struct Requests(mpsc::UnboundedReceiver<Request>);

/// A queue and its end.
pub(super) fn queue() -> (Queue, Requests) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Queue(sender), Requests(receiver))
}

impl Reload for Queue {
    fn request(&self, description: String, payload: Option<ReloadPayload>) {
        // Nobody listens any more when the server is going down.
        let _ = self.0.send(Request { description, payload });
    }
}

/// Reloads what a running server is made of.
#[derive(Debug)]
pub(super) struct Reloader {
    pub(super) project: Arc<Project>,
    pub(super) engines: Arc<Engines>,
    pub(super) pipeline: Arc<Pipeline>,
    /// The certificate of the server, if it has one of its own.
    pub(super) tls: Option<Tls>,
    /// Whether endpoints with errors are left out, instead of keeping everything as it is.
    pub(super) ignore_errors: bool,
    /// Whether warnings count as errors.
    pub(super) strict: bool,
    /// Whether all that is served has to be as the lock of the project says.
    pub(super) locked: bool,
}

impl Reloader {
    /// Reloads at each signal and each request, one reload after the other, for ever.
    pub(super) async fn run(mut self, mut signals: Reloads, mut requests: Requests) {
        loop {
            tokio::select! {
                () = signals.next() => self.reload().await,
                Some(request) = requests.0.recv() => self.restart(request).await,
            }
        }
    }

    /// Goes over to configuration and definitions as they are now. If something is wrong with the configuration, nothing
    /// changes; if something is wrong with a definition, all of them stay.
    ///
    /// A project of SQL alone answers calls throughout. Where Python runs, or the database is another, calls wait while
    /// everything is stopped and started again.
    async fn reload(&mut self) {
        self.reload_certificate();
        let read = async {
            let project = self.configuration().await?;
            // What is not locked is not looked into either.
            let definitions = endpoints::definitions(&project, self.locked).await?;
            self.engines.check_plugins(&project).await?;
            self.engines.check_sql_functions(&project).await?;
            Ok((project, definitions))
        };
        let (project, definitions) = match read.await {
            Ok(read) => read,
            Err(failure) => {
                let error = said(failure);
                return tracing::error!(error = ?error, "nothing is reloaded: the configuration can't be used");
            }
        };
        if self.engines.python().is_some()
            || project.needs_python(&definitions.registry)
            || self.moves(&project)
        {
            let _shut = self.drain().await;
            if !self.replace_engines(&project, &definitions).await {
                return;
            }
            self.adopt(project);
            self.replace_definitions(definitions).await;
        } else if let Err(error) = self.engines.sql().replace_secrets(project.user.secrets()).await {
            tracing::error!(error = ?error.to_string(), "nothing is reloaded: the database can't be used");
        } else {
            self.engines.components().replace_secrets(project.user.secrets());
            self.adopt(project);
            self.replace_definitions(definitions).await;
        }
    }

    /// Takes a configuration for the one that is served.
    fn adopt(&mut self, project: Arc<Project>) {
        self.pipeline.limit_requests(project.site.limits.clone());
        self.project = project;
    }

    /// Reads the certificate of the server again. It is renewed far more often than anything else changes.
    fn reload_certificate(&self) {
        let Some(tls) = &self.tls else { return };
        match tls.reload() {
            Ok(()) => tracing::info!("certificate is reloaded"),
            Err(error) => {
                let error = said(Failure::Other(error.into()));
                tracing::error!(error = ?error, "certificate is not reloaded: the one from before stays");
            }
        }
    }

    /// Stops everything, does what was asked for while the database is closed, and starts again.
    async fn restart(&mut self, request: Request) {
        let Request { description, payload } = request;
        // The definitions stay, and Python reads its modules anew.
        if self.locked
            && let Err(failure) = endpoints::definitions(&self.project, true).await
        {
            let error = said(failure);
            return tracing::error!(description, error = ?error, "nothing is reloaded: the project is not as locked");
        }
        if let Err(failure) = self.engines.check_plugins(&self.project).await {
            let error = said(failure);
            return tracing::error!(description, error = ?error, "nothing is reloaded: a plug-in can't be used");
        }
        tracing::info!(description, "reload begins");
        let _shut = self.drain().await;
        let registry = self.pipeline.registry();
        match self.engines.restart(&self.project, &registry, payload).await {
            Ok(Ok(())) => tracing::info!(description, "reload is done"),
            Ok(Err(reason)) => {
                tracing::error!(description, error = ?reason, "reload is done, but its payload failed");
            }
            Err(failure) => {
                let error = said(failure);
                tracing::error!(description, error = ?error, "reload failed: calls fail until one succeeds");
            }
        }
    }

    /// Holds calls back, and waits for those that run.
    async fn drain(&self) -> Shut {
        let (shut, emptied) = self.pipeline.gate().shut(DRAINING).await;
        if !emptied {
            let running = self.pipeline.gate().inside();
            tracing::warn!(running, "calls still run, and the reload goes on regardless");
        }
        shut
    }

    /// Goes over to another configuration, and back to the one before if that fails. Gives whether the new one runs.
    async fn replace_engines(&self, project: &Project, definitions: &Definitions) -> bool {
        let failure = match self.engines.restart(project, &definitions.registry, None).await {
            Ok(_) => return true,
            Err(failure) => said(failure),
        };
        tracing::error!(error = ?failure, "nothing is reloaded: the new configuration can't be started");
        let registry = self.pipeline.registry();
        match self.engines.restart(&self.project, &registry, None).await {
            Ok(_) => tracing::warn!("the configuration from before runs again"),
            Err(failure) => {
                let error = said(failure);
                tracing::error!(error = ?error, "the configuration from before can't be started either");
            }
        }
        false
    }

    async fn replace_definitions(&self, definitions: Definitions) {
        let endpoints = match Endpoints::check(definitions, &self.engines, self.strict).await {
            Ok(endpoints) => endpoints,
            Err(failure) => {
                let error = said(failure);
                return tracing::error!(error = ?error, "definitions are not reloaded: they can't be checked");
            }
        };
        for warning in &endpoints.warnings {
            tracing::warn!(file = warning.file(), "{}", warning.summary());
        }
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
        Ok(Arc::new(project))
    }

    /// Whether another configuration has another database, or opens it in another way, or has other functions in it.
    fn moves(&self, project: &Project) -> bool {
        let (old, new) = (&self.project.site, &project.site);
        let database = |site: &Site| {
            let profile = site.profile(&project.profile);
            (profile.database, profile.readonly, site.extensions_folder().map(str::to_owned))
        };
        // A function's file may be another though its name is the same.
        let has_functions = !old.sql_functions.is_empty() || !new.sql_functions.is_empty();
        database(old) != database(new) || old.extensions != new.extensions || has_functions
    }
}

/// A failure in one text.
fn said(failure: Failure) -> String {
    match failure {
        Failure::Other(error) => format!("{error:#}"),
        Failure::Usage(message) | Failure::Project { message, .. } => message,
    }
}
