//! The Python of a project from a start to the next stop.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use mxcp_core::definition::PythonSource;
use mxcp_core::registry::Output;
use mxcp_core::value::Value;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{PythonError, PythonFinding, PythonProject, PythonRequest, SqlFunction};
use serde_json::{Value as Json, json};

use crate::decode;
use crate::encode::{Named, Tagged};
use crate::error;
use crate::finding;
use crate::function::{Function, Signature};
use crate::launch::Launcher;
use crate::message::{Failed, Work};
use crate::pool::{Pool, Start, Use};
use crate::process::Ended;
use crate::running::{Directory, RunningCall, facts};
use crate::worker::{Reply, Services, Worker};

/// By which the program says that the interpreter is too old for it.
const TOO_OLD: i32 = 86;
const TOO_OLD_HELP: &str =
    "activate a virtual environment of a newer one, or set `python.interpreter` in mxcp-site.yml";
/// How long the hooks of one process may take at the end, and those of one that is just being started.
const STOP: Duration = Duration::from_secs(30);

/// A project that was started.
pub(crate) struct Generation {
    launcher: Arc<Launcher>,
    project: Arc<PythonProject>,
    settings: Value,
    services: Arc<Services>,
    pool: Arc<Pool>,
    /// The scope of hooks, once they are to run.
    hooks: OnceLock<Arc<CallScope>>,
    /// What every worker has to define.
    functions: OnceLock<Vec<Signature>>,
    /// Functions that are known to await, or not to.
    awaits: Mutex<HashMap<(String, Option<String>), bool>>,
}

impl Generation {
    /// For a project. No process is started yet.
    pub(crate) fn new(
        launcher: &Arc<Launcher>,
        workers: usize,
        project: Arc<PythonProject>,
        services: Services,
    ) -> Arc<Self> {
        let settings = settings(&project);
        let runtime = services.runtime.clone();
        Arc::new_cyclic(|this: &Weak<Self>| Self {
            pool: Pool::new(workers, Weak::<Self>::clone(this), runtime),
            launcher: Arc::clone(launcher),
            project,
            settings,
            services: Arc::new(services),
            hooks: OnceLock::new(),
            functions: OnceLock::new(),
            awaits: Mutex::default(),
        })
    }

    /// The functions of its plug-ins. Without plug-ins, nothing has to be started for that.
    pub(crate) async fn functions(self: &Arc<Self>) -> Result<Vec<Arc<dyn SqlFunction>>, PythonError> {
        if self.project.plugins.is_empty() {
            return Ok(Vec::new());
        }
        drop(self.pool.lease(Use::Alone).await?);
        let signatures = self.functions.get().cloned().unwrap_or_default();
        let functions = signatures.into_iter().enumerate().map(|(index, signature)| {
            let function: Arc<dyn SqlFunction> = Arc::new(Function::new(self, index, signature));
            function
        });
        Ok(functions.collect())
    }

    /// Has the hooks run, in what workers there are and in those that will be. One is started for them if there may be
    /// any.
    pub(crate) async fn initialise(&self, scope: Arc<CallScope>) -> Result<(), PythonError> {
        if self.hooks.set(scope).is_err() {
            return Ok(());
        }
        let ready = self.pool.ready();
        if ready.is_empty() {
            if has_modules(&self.project.modules) {
                drop(self.pool.lease(Use::Alone).await?);
            }
            return Ok(());
        }
        for worker in ready {
            self.run_hooks(&worker).await?;
        }
        Ok(())
    }

    async fn run_hooks(&self, worker: &Arc<Worker>) -> Result<(), PythonError> {
        let Some(scope) = self.hooks.get() else { return Ok(()) };
        let facts = facts(scope);
        let call = RunningCall::new(scope, worker, &self.services.directory);
        let work = Work::Initialise { call: Tagged::argument(&facts) };
        match worker.request(&work, Some(call), None).reply().await {
            Reply::Done { .. } => Ok(()),
            Reply::Ended(ended) => Err(unavailable_because("ended as it ran the project's modules", &ended)),
            other => Err(error::of_reply(other)),
        }
    }

    /// Calls a function.
    pub(crate) async fn call(&self, request: &PythonRequest) -> Result<Output, PythonError> {
        if self.hooks.get().is_none() {
            self.initialise(Arc::new(CallScope::of_host("init", request.scope.transport))).await?;
        }
        let source = &request.source;
        let key = (source.file.clone(), source.function.clone());
        let awaits = self.awaits.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        let usage = if awaits == Some(true) { Use::Shared } else { Use::Alone };
        let lease = self.pool.lease(usage).await.inspect_err(|error| {
            tracing::error!(%error, "there is no Python process for a call");
        })?;
        let worker = Arc::clone(lease.worker());
        let call = RunningCall::new(&request.scope, &worker, &self.services.directory);
        let file = self.project.root.join(&source.file);
        let facts = facts(&request.scope);
        let work = Work::Call {
            file: &file.to_string_lossy(),
            shown: &source.shown,
            function: source.function.as_deref(),
            arguments: Named(&request.arguments),
            typed: request.typed,
            asynchronous: usage == Use::Shared,
            call: Tagged::argument(&facts),
        };
        let reply = worker.request(&work, Some(call), Some(lease)).reply().await;
        match reply {
            Reply::Done { result, content, awaited } => {
                if awaits.is_none() {
                    self.awaits.lock().unwrap_or_else(PoisonError::into_inner).insert(key, awaited);
                }
                let value =
                    decode::value(result).ok_or_else(|| error::internal("a result has an unknown tag"))?;
                Ok(if content { Output::Content(value) } else { Output::Value(value) })
            }
            other => Err(error::of_reply(other)),
        }
    }

    /// Looks at a function.
    pub(crate) async fn check(
        &self,
        source: &PythonSource,
        parameters: &[String],
    ) -> Result<Vec<PythonFinding>, PythonError> {
        let lease = self.pool.lease(Use::Alone).await?;
        let worker = Arc::clone(lease.worker());
        let file = self.project.root.join(&source.file);
        let work = Work::Check {
            file: &file.to_string_lossy(),
            shown: &source.shown,
            function: source.function.as_deref(),
            parameters,
        };
        match worker.request(&work, None, Some(lease)).reply().await {
            Reply::Done { result, .. } => {
                finding::all(&result).ok_or_else(|| error::internal("a finding is not what it should be"))
            }
            other => Err(error::of_reply(other)),
        }
    }

    /// Runs the shutdown hooks in every worker, and ends them.
    pub(crate) async fn stop(&self, scope: &Arc<CallScope>) {
        let workers = self.pool.close(STOP).await;
        let mut stopping = Vec::new();
        for worker in workers {
            let facts = facts(scope);
            let call = RunningCall::new(scope, &worker, &self.services.directory);
            let pending = worker.request(&Work::Stop { call: Tagged::argument(&facts) }, Some(call), None);
            stopping.push(async move {
                if tokio::time::timeout(STOP, pending.reply()).await.is_err() {
                    tracing::warn!("shutdown hooks of a Python process did not end in time");
                    worker.kill();
                }
                worker.close().await;
            });
        }
        // One after the other would be as good, were it not for the time.
        let stopping: Vec<_> = stopping.into_iter().map(|work| self.services.runtime.spawn(work)).collect();
        for work in stopping {
            let _ = work.await;
        }
    }

    /// Ends the workers without ado, those that were replaced too.
    pub(crate) fn kill(&self) {
        self.pool.dissolve();
        self.services.kill();
    }

    /// The worker for a part of a query: the one that its call runs in, or any.
    pub(crate) async fn worker_for(&self, scope: &Arc<CallScope>) -> Result<Arc<Worker>, PythonError> {
        if let Some(worker) = self.services.directory.worker(scope) {
            return Ok(worker);
        }
        if let Some(worker) = self.pool.ready().into_iter().min_by_key(|worker| worker.load()) {
            return Ok(worker);
        }
        let lease = self.pool.lease(Use::Shared).await?;
        Ok(Arc::clone(lease.worker()))
    }

    pub(crate) fn directory(&self) -> &Arc<Directory> {
        &self.services.directory
    }

    /// Starts a worker and makes it ready for calls.
    async fn open(&self) -> Result<Arc<Worker>, PythonError> {
        let started = self.launcher.start(&self.services)?;
        let Some(worker) = started.worker() else { return Err(error::internal("a process is no worker")) };
        let work = Work::Open { settings: Tagged::argument(&self.settings) };
        let functions = match worker.request(&work, None, None).reply().await {
            Reply::Done { result, .. } => Signature::all(result),
            Reply::Failed(Failed::Plugin | Failed::Raised, message) => {
                return Err(PythonError::Unavailable { message });
            }
            Reply::Ended(ended) => {
                let interpreter = started.interpreter.display();
                if ended.code == Some(TOO_OLD) {
                    let message =
                        format!("Python `{interpreter}` can't be used: {}; {TOO_OLD_HELP}", ended.tail);
                    return Err(PythonError::Unavailable { message });
                }
                return Err(unavailable_because(&format!("`{interpreter}` can't run the project"), &ended));
            }
            other => return Err(error::of_reply(other)),
        };
        let functions = functions.ok_or_else(|| error::internal("a function has no type"))?;
        if *self.functions.get_or_init(|| functions.clone()) != functions {
            let message = "plug-ins define other functions in one process than in another".to_owned();
            return Err(PythonError::Unavailable { message });
        }
        if self.pool.is_closed() {
            return Err(PythonError::Unavailable { message: "Python is stopped".to_owned() });
        }
        self.run_hooks(worker).await?;
        started.keep().ok_or_else(|| error::internal("a process is no worker"))
    }
}

impl Start for Generation {
    fn start(self: Arc<Self>) -> Pin<Box<dyn Future<Output = Result<Arc<Worker>, String>> + Send>> {
        Box::pin(async move { self.open().await.map_err(|error| error.to_string()) })
    }
}

impl fmt::Debug for Generation {
    /// Without the settings: values of secrets are in there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Generation");
        shown.field("project", &self.project).field("launcher", &self.launcher).finish_non_exhaustive()
    }
}

fn unavailable_because(what: &str, ended: &Ended) -> PythonError {
    let mut message = format!("Python {what} ({})", ended.how);
    if !ended.tail.is_empty() {
        message.push_str(": ");
        message.push_str(&ended.tail);
    }
    PythonError::Unavailable { message }
}

/// Whether there is any Python in a folder.
fn has_modules(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        // Links to folders are not followed: they may lead back.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        path.extension().is_some_and(|extension| extension == "py") || is_folder && has_modules(&path)
    })
}

/// What the package has to know of a project.
fn settings(project: &PythonProject) -> Value {
    let plugins: Vec<Json> = project
        .plugins
        .iter()
        .map(|plugin| json!({"name": plugin.name, "module": plugin.module, "config": plugin.config}))
        .collect();
    Value::from_json(json!({
        "root": project.root.to_string_lossy(),
        "modules": project.modules.to_string_lossy(),
        "plugins_folder": project.plugins_folder.to_string_lossy(),
        "plugins": plugins,
        "site_config": project.site_config,
        "user_config": project.user_config,
        "secrets": project.secrets,
        "sources": *project.sources,
    }))
}
