//! Looking at the project again while it is served: the one way of all reloads, whoever asks for them.
//!
//! Everything is read and checked before anything is touched. What is wrong leaves the server as it is, and the [`Status`]
//! says why.

mod failed;
mod request;
mod scope;
mod status;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mxcp_core::audit;
use mxcp_core::registry::Registry;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::ports::{AuditEvent, EventKind, ReloadPayload};
use mxcp_runtime::{Generation, Pipeline, Shut};
use mxcp_server::Tls;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) use self::failed::{Failed, said};
pub(crate) use self::request::{GoingDown, Queue, Request, Requests, Trigger, queue};
use self::scope::Scope;
pub(crate) use self::status::{Ended, State, Status};
use super::endpoints::{self, Endpoints, Look};
use crate::aside::aside;
use crate::compose::{Engines, Ran};
use crate::failure::Failure;
use crate::project::{Definitions, Effort, Project};
use crate::signals::Reloads;
use crate::ui::{Output, Ui};

/// Longest time that running calls keep a reload waiting (spec `reload.md` section 2).
const DRAINING: Duration = Duration::from_secs(90);

const CONFIGURATION: &str = "nothing is reloaded: the configuration can't be used";
const DEFINITIONS: &str = "nothing is reloaded: definitions have errors, and those from before stay";
const UNCHECKED: &str = "nothing is reloaded: the definitions can't be checked";
const DATABASE: &str = "nothing is reloaded: the database can't be used";
const NEW_RUNTIME: &str =
    "nothing is reloaded: the new configuration can't be started, and the one from before runs again";
const NO_RUNTIME: &str = "calls fail until a reload succeeds: neither the new configuration nor the one from before can be started";
const RESTART: &str = "calls fail until a reload succeeds: the project can't be started again";
const PAYLOAD: &str = "the project is started again, but what was to be done failed";
const PLUGIN: &str = "nothing is reloaded: a plug-in can't be used";
const LOCK: &str = "nothing is reloaded: the project is not as locked";

/// Reloads what a running server is made of.
#[derive(Debug)]
pub(super) struct Reloader {
    /// The project as it is served; who looks at it sees each that follows.
    pub(super) project: watch::Sender<Arc<Project>>,
    pub(super) engines: Arc<Engines>,
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) status: Arc<Status>,
    /// The certificate of the server, if it has one of its own.
    pub(super) tls: Option<Tls>,
    /// Whether endpoints with errors are left out, instead of keeping everything as it is.
    pub(super) ignore_errors: bool,
    /// Whether warnings count as errors.
    pub(super) strict: bool,
    /// Whether all that is served has to be as the lock of the project says.
    pub(super) locked: bool,
    /// Whether the author of the project looks at standard error.
    pub(super) speaks: bool,
    /// What changed, and is not served yet because it could not be.
    pub(super) owed: Mutex<Scope>,
}

/// What a reload came to.
#[derive(Clone, Copy, Debug)]
struct Reloaded {
    /// How many endpoints there are.
    endpoints: usize,
    /// How many are left out because of their errors.
    left_out: usize,
    /// Whether clients can see a difference.
    changed: bool,
}

impl Reloader {
    /// Reloads at each signal and each request, one reload after the other, until `stop`. A reload that has begun is done.
    pub(super) async fn run(self, mut signals: Reloads, mut requests: Requests, stop: CancellationToken) {
        loop {
            let request = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = signals.next() => Request { id: None, trigger: Trigger::Signal },
                request = requests.next() => request,
            };
            self.fulfil(request).await;
        }
    }

    /// Does what a request asks for, and tells everybody what came of it.
    async fn fulfil(&self, request: Request) {
        let begun = self.status.begin(&request);
        let Request { id, trigger } = request;
        let name = trigger.name();
        let changed = match &trigger {
            Trigger::Files(changed) => changed.clone(),
            Trigger::Signal | Trigger::Admin | Trigger::Python { .. } => Vec::new(),
        };
        tracing::info!(trigger = name, request_id = id, changed = ?changed, "reload begins");
        let done = match trigger {
            Trigger::Python { payload, description } => {
                tracing::info!(description, "Python asks for the reload");
                self.restart(payload).await
            }
            Trigger::Signal | Trigger::Admin => self.catch_up(Scope::everything()).await,
            Trigger::Files(changed) => self.catch_up(Scope::of(&changed)).await,
        };
        // Whatever came of it, a database or a secret may have been another one meanwhile.
        self.forget_results();
        let ended = self.status.end(begun, done.as_ref().err());
        self.record(&ended);
        self.tell(&changed, &ended, done);
    }

    /// Says how a reload went: in the log, and to whoever is at the files.
    fn tell(&self, changed: &[String], ended: &Ended, done: Result<Reloaded, Failed>) {
        let milliseconds = ended.took.as_millis();
        let watches = self.speaks && !changed.is_empty();
        match done {
            Ok(Reloaded { endpoints, left_out, changed: differs }) => {
                tracing::info!(
                    trigger = ended.trigger,
                    endpoints,
                    left_out,
                    changed = differs,
                    milliseconds,
                    "reload is done"
                );
                if watches {
                    // What nobody reads is no reason to stop.
                    let said = format_args!("Reloaded {} in {milliseconds} ms", named(changed));
                    let _unread = Ui::new(Output::Human).remark(said);
                }
            }
            Err(failed) => {
                if watches {
                    let _unread = Ui::new(Output::Human).findings(&failed.findings);
                }
                if failed.files.is_empty() {
                    return tracing::error!(trigger = ended.trigger, error = ?failed.why, "{}", failed.what);
                }
                // Where they are shown, they need not be told once more.
                for file in failed.files.iter().filter(|_| !watches) {
                    tracing::error!(error = ?file, "endpoint can't be reloaded");
                }
                tracing::error!(trigger = ended.trigger, broken = failed.files.len(), "{}", failed.what);
            }
        }
    }

    /// Records a reload where calls are recorded.
    fn record(&self, ended: &Ended) {
        if let Some(telemetry) = self.pipeline.telemetry() {
            telemetry.reloaded(ended.error.is_none());
        }
        let audit = self.pipeline.audit();
        if !audit.enabled() {
            return;
        }
        let number = self.pipeline.generations().borrow().number();
        let mut details = Object::new();
        details.insert("trigger", Value::String(ended.trigger.to_owned()));
        details.insert("generation", Value::Int(number.cast_signed()));
        if let Some(id) = &ended.id {
            details.insert("request_id", Value::String(id.clone()));
        }
        audit.event(AuditEvent {
            kind: EventKind::Server,
            name: "reload".to_owned(),
            status: if ended.error.is_none() { audit::Status::Success } else { audit::Status::Error },
            user_id: None,
            error: ended.error.clone(),
            details,
        });
    }

    /// Reloads what changed, now and when that could not be done.
    async fn catch_up(&self, changed: Scope) -> Result<Reloaded, Failed> {
        let scope = self.owed().with(changed);
        let done = self.reload(scope).await;
        *self.owed() = if done.is_ok() { Scope::default() } else { scope.owed() };
        done
    }

    fn owed(&self) -> MutexGuard<'_, Scope> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes over to configuration and definitions as they are now, or leaves everything as it is.
    ///
    /// A project of SQL alone answers calls throughout. Where Python is another, or the database is, calls wait while
    /// everything is stopped and started again.
    async fn reload(&self, scope: Scope) -> Result<Reloaded, Failed> {
        self.reload_certificate();
        let before = self.served();
        let project =
            self.configuration(&before).await.map_err(|failure| Failed::of(CONFIGURATION, failure))?;
        let unusable = |failure| Failed::of(CONFIGURATION, failure);
        // What is not locked is not looked into either.
        let definitions =
            endpoints::definitions(&project, self.locked, Effort::Aside).await.map_err(unusable)?;
        self.engines.check_plugins(&project).await.map_err(unusable)?;
        self.engines.check_sql_functions(&project).await.map_err(unusable)?;
        self.refuse_broken(&definitions)?;
        let has_python = self.engines.python().is_some();
        let runtime = scope::Runtime {
            down: self.status.now().down,
            has_python,
            needs_python: project.needs_python(&definitions.registry),
        };
        if scope.asks_for_restart(&before, &project, runtime) {
            self.replace_runtime(&before, project, definitions).await
        } else {
            let only_others = !scope.is_of_everything() && scope::same_configuration(&before, &project);
            self.replace_in_place(&before, project, definitions, only_others).await
        }
    }

    /// Goes over to another configuration on the runtime that runs. With `only_others`, endpoints that are served as they
    /// are need not be looked at.
    async fn replace_in_place(
        &self,
        before: &Project,
        project: Arc<Project>,
        definitions: Definitions,
        only_others: bool,
    ) -> Result<Reloaded, Failed> {
        // Definitions are checked with the secrets that they will have.
        self.take_secrets(&project).await?;
        let known = only_others.then(|| self.pipeline.generations().borrow().clone());
        match self.check(definitions, known.as_ref()).await {
            Ok((registry, left_out)) => {
                self.adopt(project);
                self.replace(registry, left_out).await
            }
            Err(failed) => {
                self.take_secrets(before).await?;
                Err(failed)
            }
        }
    }

    async fn take_secrets(&self, project: &Project) -> Result<(), Failed> {
        let taken = self.engines.sql().replace_secrets(project.user.secrets()).await;
        taken.map_err(|error| Failed::new(DATABASE, error.to_string()))?;
        self.engines.components().replace_secrets(project.user.secrets());
        Ok(())
    }

    /// Stops everything, and starts it as another configuration says; as the one from before says, if that fails.
    async fn replace_runtime(
        &self,
        before: &Project,
        project: Arc<Project>,
        definitions: Definitions,
    ) -> Result<Reloaded, Failed> {
        let _shut = self.drain().await;
        let ran = self.engines.ran();
        if let Err(failure) = self.start(&project, &definitions.registry, None).await {
            return Err(self.go_back(before, ran, Failed::of(NEW_RUNTIME, failure)).await);
        }
        match self.check(definitions, None).await {
            Ok((registry, left_out)) => {
                self.adopt(project);
                self.replace(registry, left_out).await
            }
            Err(failed) => Err(self.go_back(before, ran, failed).await),
        }
    }

    /// Starts what ran before again, as it ran. Gives what is to be said of why.
    async fn go_back(&self, before: &Project, ran: Ran, failed: Failed) -> Failed {
        self.status.is_down(true);
        match self.engines.resume(before, &self.pipeline.registry(), ran).await {
            Ok(()) => {
                self.status.is_down(false);
                failed
            }
            Err(failure) => {
                let again = said(failure);
                let why = if failed.why == again { again } else { format!("{}; {again}", failed.message()) };
                Failed::new(NO_RUNTIME, why)
            }
        }
    }

    /// Stops everything, does what was asked for while the database is closed, and starts again.
    async fn restart(&self, payload: Option<ReloadPayload>) -> Result<Reloaded, Failed> {
        let project = self.served();
        // The definitions stay, and Python reads its modules anew.
        if self.locked {
            let locked = endpoints::definitions(&project, true, Effort::Aside).await;
            locked.map_err(|failure| Failed::of(LOCK, failure))?;
        }
        self.engines.check_plugins(&project).await.map_err(|failure| Failed::of(PLUGIN, failure))?;
        let _shut = self.drain().await;
        let registry = self.pipeline.registry();
        match self.start(&project, &registry, payload).await {
            Ok(Ok(())) => {
                Ok(Reloaded { endpoints: registry.endpoints().count(), left_out: 0, changed: false })
            }
            Ok(Err(reason)) => Err(Failed::new(PAYLOAD, reason)),
            Err(failure) => Err(Failed::of(RESTART, failure)),
        }
    }

    /// Stops what runs and starts a project; the status knows whether anything runs.
    async fn start(
        &self,
        project: &Project,
        registry: &Registry,
        payload: Option<ReloadPayload>,
    ) -> Result<Result<(), String>, Failure> {
        self.status.is_down(true);
        let done = self.engines.restart(project, registry, payload).await?;
        self.status.is_down(false);
        Ok(done)
    }

    /// Takes a configuration for the one that is served.
    fn adopt(&self, project: Arc<Project>) {
        self.pipeline.limit_requests(project.site.limits.clone());
        if let Some(results) = self.pipeline.cache() {
            results.resize(project.site.cache_bytes);
        }
        self.project.send_replace(project);
    }

    fn served(&self) -> Arc<Project> {
        Arc::clone(&self.project.borrow())
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

    /// Holds calls back, and waits for those that run.
    async fn drain(&self) -> Drained<'_> {
        self.status.drains(true);
        let mut drained = Drained { status: &self.status, shut: None };
        let (shut, emptied) = self.pipeline.gate().shut(DRAINING).await;
        if !emptied {
            let running = self.pipeline.gate().inside();
            tracing::warn!(running, "calls still run, and the reload goes on regardless");
        }
        drained.shut = Some(shut);
        // Those that still run leave nothing behind.
        self.forget_results();
        drained
    }

    /// Forgets the results of calls that may answer others.
    fn forget_results(&self) {
        if let Some(results) = self.pipeline.cache() {
            results.clear();
        }
    }

    /// Refuses definitions whose files alone show that they can't be served.
    fn refuse_broken(&self, definitions: &Definitions) -> Result<(), Failed> {
        if self.ignore_errors {
            return Ok(());
        }
        // Most have nothing to say.
        let mut reports = definitions.reports_where(|file| !file.findings.is_empty());
        reports.retain(|report| report.is_broken() || self.strict && report.is_broken_strictly());
        if reports.is_empty() { Ok(()) } else { Err(Failed::of_definitions(DEFINITIONS, reports)) }
    }

    /// Checks definitions against what runs, but for those that are `known`: those that can be served, and how many can't.
    async fn check(
        &self,
        definitions: Definitions,
        known: Option<&Generation>,
    ) -> Result<(Registry, usize), Failed> {
        let look = Look { strict: self.strict, beside_calls: true, known };
        let checked = Endpoints::check(definitions, &self.engines, look).await;
        let endpoints = checked.map_err(|failure| Failed::of(UNCHECKED, failure))?;
        for warning in &endpoints.warnings {
            tracing::warn!(file = warning.file(), "{}", warning.summary());
        }
        let left_out = endpoints.broken.len();
        if left_out > 0 && !self.ignore_errors {
            return Err(Failed::of_definitions(DEFINITIONS, endpoints.broken));
        }
        for report in &endpoints.broken {
            tracing::warn!(file = report.path, error = report.message(), "endpoint is left out");
        }
        Ok((endpoints.registry, left_out))
    }

    async fn replace(&self, registry: Registry, left_out: usize) -> Result<Reloaded, Failed> {
        let endpoints = registry.endpoints().count();
        let pipeline = Arc::clone(&self.pipeline);
        let replaced = aside(move || pipeline.replace(registry)).await;
        let changed = replaced.map_err(|failure| Failed::of(UNCHECKED, failure))?;
        Ok(Reloaded { endpoints, left_out, changed })
    }

    /// Site file and user file as they are now.
    async fn configuration(&self, before: &Arc<Project>) -> Result<Arc<Project>, Failure> {
        let before = Arc::clone(before);
        // Files are read, and secret managers asked, away from the threads that answer clients.
        let read = tokio::task::spawn_blocking(move || before.read_again());
        let project = read.await.map_err(|panic| Failure::Other(panic.into()))??;
        for warning in &project.warnings {
            tracing::warn!(file = warning.file(), "{}", warning.summary());
        }
        Ok(Arc::new(project))
    }
}

/// Calls are held back until this is dropped.
#[derive(Debug)]
struct Drained<'a> {
    status: &'a Status,
    shut: Option<Shut>,
}

impl Drop for Drained<'_> {
    fn drop(&mut self) {
        drop(self.shut.take());
        self.status.drains(false);
    }
}

/// The first of several files, and how many more there are.
fn named(files: &[String]) -> String {
    match files {
        [] => String::new(),
        [one] => one.clone(),
        [one, more @ ..] => format!("{one} and {} more", more.len()),
    }
}
