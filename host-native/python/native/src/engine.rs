//! The engine as the runtime sees it.

use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use mxcp_core::definition::PythonSource;
use mxcp_core::registry::Output;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    BoxFuture, PythonEngine, PythonError, PythonFinding, PythonProblem, PythonProject, PythonRequest, Reload,
    SqlEngine, SqlFunction,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::call::{Call, CallState, Shared};
use crate::contract;
use crate::control::{CancelOnDrop, Control};
use crate::function::Method;
use crate::pools::Pools;
use crate::project::Project;
use crate::threads::ALERT;
use crate::work::{Reply, Work};

/// Runs Python in this process.
#[derive(Debug)]
pub(crate) struct InProcess {
    sql: Arc<dyn SqlEngine>,
    reload: Option<Arc<dyn Reload>>,
    pools: Arc<Pools>,
    project: RwLock<Option<Arc<Project>>>,
    /// Calls that run.
    running: AtomicUsize,
}

/// A call that runs; no longer when it is dropped.
#[derive(Debug)]
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn begin(running: &'a AtomicUsize) -> Self {
        running.fetch_add(1, Ordering::Relaxed);
        Self(running)
    }

    /// Whether no other call runs.
    fn is_only(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 1
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Looks for an answer that comes at once. Most functions take less time than a thread of the runtime needs to fall asleep and be
/// woken; it is as long as a thread may be kept that has nothing else to do.
fn soon<T>(answer: &mut oneshot::Receiver<T>) {
    let begin = Instant::now();
    while answer.is_empty() && !answer.is_terminated() && begin.elapsed() < ALERT {
        std::hint::spin_loop();
    }
}

impl InProcess {
    /// An engine that has started nothing.
    pub(crate) fn new(sql: Arc<dyn SqlEngine>, reload: Option<Arc<dyn Reload>>) -> Self {
        Self {
            sql,
            reload,
            pools: Arc::new(Pools::new()),
            project: RwLock::default(),
            running: AtomicUsize::new(0),
        }
    }

    /// What the calls of the current runtime share.
    fn shared(&self) -> Arc<Shared> {
        Arc::new(Shared {
            sql: Arc::clone(&self.sql),
            reload: self.reload.clone(),
            pools: Arc::clone(&self.pools),
            runtime: Handle::current(),
        })
    }

    fn project(&self) -> Result<Arc<Project>, PythonError> {
        let project = self.project.read().unwrap_or_else(PoisonError::into_inner).clone();
        project.ok_or_else(|| PythonError::Unavailable { message: "Python has been stopped".to_owned() })
    }

    /// Has a thread do something that can't be taken back.
    async fn run<T: Send + 'static>(
        &self,
        work: impl for<'py> FnOnce(Python<'py>) -> PyResult<T> + Send + 'static,
    ) -> Result<T, PythonError> {
        let (reply, answer) = oneshot::channel();
        let job = move |py: Python<'_>| {
            let done = work(py).map_err(|error| contract::failure(py, &error));
            let _left = reply.send(done);
        };
        self.pools.calls.submit(Box::new(job)).map_err(|error| PythonError::Internal(error.into()))?;
        answer.await.unwrap_or_else(|_lost| Err(lost()))
    }

    /// Has a thread do something within a call that nobody takes back.
    async fn host<T: Send + 'static>(
        &self,
        scope: Arc<CallScope>,
        work: impl for<'py> FnOnce(Python<'py>, Py<Call>) -> PyResult<T> + Send + 'static,
    ) -> Result<T, PythonError> {
        let state = CallState::new(self.shared(), scope);
        self.run(move |py| {
            let done = Call::of(py, &state).and_then(|call| work(py, call));
            let session = state.end();
            py.detach(|| drop(session));
            done
        })
        .await
    }
}

impl PythonEngine for InProcess {
    fn start(
        &self,
        project: Arc<PythonProject>,
    ) -> BoxFuture<'_, Result<Vec<Arc<dyn SqlFunction>>, PythonError>> {
        Box::pin(async move {
            let shared = self.shared();
            let (started, functions) = self
                .run(move |py| {
                    let started = Project::new(py, &project)?;
                    let engine = started.engine(py).clone();
                    let described = engine.call_method0(intern!(py, "load_plugins"))?;
                    let mut functions: Vec<Arc<dyn SqlFunction>> = Vec::new();
                    for (index, described) in described.try_iter()?.enumerate() {
                        functions.push(Arc::new(Method::new(index, &described?, &engine, &shared)?));
                    }
                    Ok((started, functions))
                })
                .await
                .map_err(unavailable)?;
            *self.project.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(started));
            Ok(functions)
        })
    }

    fn initialise(&self, scope: Arc<CallScope>) -> BoxFuture<'_, Result<(), PythonError>> {
        Box::pin(async move {
            let project = self.project()?;
            let initialise = move |py: Python<'_>, call| {
                project.engine(py).call_method1(intern!(py, "initialise"), (call,)).map(drop)
            };
            self.host(scope, initialise).await
        })
    }

    fn call(&self, request: PythonRequest) -> BoxFuture<'_, Result<Output, PythonError>> {
        Box::pin(async move {
            let PythonRequest { source, arguments, typed, scope, timeout } = request;
            if scope.cancel.is_cancelled() {
                return Err(PythonError::Cancelled);
            }
            let (project, cancel) = (self.project()?, scope.cancel.clone());
            let control = Control::new(CallState::new(self.shared(), scope), Arc::clone(&self.pools));
            let (reply, mut answer) = Reply::new(Arc::clone(&control), typed);
            let _cancel = CancelOnDrop(Arc::clone(&control));
            let pool = if project.is_awaited(&source) { &self.pools.aside } else { &self.pools.calls };
            let work = Work { project, source, arguments, reply };
            let job = Box::new(move |py: Python<'_>| work.run(py));
            let running = Running::begin(&self.running);
            pool.submit(job).map_err(|error| PythonError::Internal(error.into()))?;
            if running.is_only() {
                soon(&mut answer);
            }
            tokio::select! {
                biased;
                answer = &mut answer => answer.unwrap_or_else(|_lost| Err(lost())),
                () = cancel.cancelled() => Err(PythonError::Cancelled),
                elapsed = sleep(timeout) => Err(PythonError::TimedOut(elapsed)),
            }
        })
    }

    fn check(
        &self,
        source: Arc<PythonSource>,
        parameters: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<PythonFinding>, PythonError>> {
        Box::pin(async move {
            let project = self.project()?;
            self.host(Arc::new(CallScope::of_host("check", "cli")), move |py, call| {
                let arguments = (project.file(&source), &source.shown, &source.function, parameters, call);
                let found = project.engine(py).call_method1(intern!(py, "check"), arguments)?;
                found.cast::<PyList>()?.iter().map(|found| finding(&found)).collect()
            })
            .await
        })
    }

    fn stop(&self, scope: Arc<CallScope>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let project = self.project.write().unwrap_or_else(PoisonError::into_inner).take();
            let Some(project) = project else { return };
            let stop = move |py: Python<'_>, call| {
                project.engine(py).call_method1(intern!(py, "stop"), (call,)).map(drop)
            };
            if let Err(error) = self.host(scope, stop).await {
                tracing::error!(%error, "Python can't be stopped");
            }
        })
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.pools.close();
    }
}

/// What the contract says of a finding.
fn finding(found: &Bound<'_, PyAny>) -> PyResult<PythonFinding> {
    let kind: String = found.get_item("kind")?.extract()?;
    Ok(PythonFinding {
        kind: match kind.as_str() {
            "syntax" => PythonProblem::Syntax,
            "missing" => PythonProblem::Missing,
            "signature" => PythonProblem::Signature,
            _ => PythonProblem::Import,
        },
        message: found.get_item("message")?.extract()?,
        line: found.get_item("line")?.extract()?,
    })
}

/// Whatever keeps a project from starting is for its author.
fn unavailable(error: PythonError) -> PythonError {
    match error {
        PythonError::Raised(message) => PythonError::Unavailable { message },
        other => other,
    }
}

/// Waits, forever without a timeout, and gives the time waited.
async fn sleep(timeout: Option<Duration>) -> Duration {
    match timeout {
        Some(timeout) => {
            tokio::time::sleep(timeout).await;
            timeout
        }
        None => pending().await,
    }
}

/// The thread that was to answer has not.
fn lost() -> PythonError {
    #[derive(Debug)]
    struct Lost;

    impl fmt::Display for Lost {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a thread of Python ended without an answer")
        }
    }

    impl std::error::Error for Lost {}

    PythonError::Internal(Box::new(Lost))
}
