//! What a function may know and do while it is called.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    AskError, BoxFuture, LogLevel, LogMessage, Progress, Question, QuestionKind, Reload, ReloadPayload,
    Report, SqlEngine, SqlError, SqlParameters, SqlSession, Table,
};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use serde_json::Value as Json;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::pools::Pools;
use crate::threads::Alive;
use crate::{contract, control, from_python, to_python, user};

/// The spec's words where nothing is served.
const NO_SERVER: &str = "Server reference not available in context. \
    This function can only be called from within MXCP server endpoints.";

/// What calls of one engine share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Runs SQL.
    pub(crate) sql: Arc<dyn SqlEngine>,
    /// Reloads the project; none if nothing is served.
    pub(crate) reload: Option<Arc<dyn Reload>>,
    /// Threads for Python.
    pub(crate) pools: Arc<Pools>,
    /// Drives questions to clients.
    pub(crate) runtime: Handle,
}

/// A call, as long as it runs.
#[derive(Debug)]
pub(crate) struct CallState {
    shared: Arc<Shared>,
    scope: Arc<CallScope>,
    /// Of this call alone: what ends it for whoever waits for something in it.
    over: CancellationToken,
    cancelled: AtomicBool,
    /// The thread that runs it, as Python numbers threads; 0 if none does.
    thread: AtomicI64,
    /// Whether the code in that thread has been told that the call was taken back.
    told: AtomicBool,
    session: Mutex<Session>,
}

#[derive(Debug)]
enum Session {
    Unused,
    Open(Arc<dyn SqlSession>),
    Closed,
}

impl CallState {
    /// Of a call that begins.
    pub(crate) fn new(shared: Arc<Shared>, scope: Arc<CallScope>) -> Arc<Self> {
        Arc::new(Self {
            shared,
            scope,
            over: CancellationToken::new(),
            cancelled: AtomicBool::new(false),
            thread: AtomicI64::new(0),
            told: AtomicBool::new(false),
            session: Mutex::new(Session::Unused),
        })
    }

    /// Whether it was taken back.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// A thread runs it.
    pub(crate) fn runs_on(&self, thread: i64) {
        self.thread.store(thread, Ordering::Release);
    }

    /// Its code is told in a thread that it was taken back. Gives whether that is the thread that runs it.
    pub(crate) fn tell(&self, thread: i64) -> bool {
        let own = self.thread.load(Ordering::Acquire) == thread;
        if own {
            self.told.store(true, Ordering::Release);
        }
        own
    }

    /// Whether its code has been told in the thread that runs it.
    pub(crate) fn is_told(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    /// It is taken back: what it waits for comes to an end.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    /// Takes back what it runs and asks at the moment.
    pub(crate) fn interrupt(&self) {
        self.over.cancel();
        let session = match &*self.session() {
            Session::Open(session) => Arc::clone(session),
            Session::Unused | Session::Closed => return,
        };
        session.interrupt();
    }

    /// It has ended, and can't do anything any more. Gives the session, for it may take time to drop.
    pub(crate) fn end(&self) -> Option<Arc<dyn SqlSession>> {
        self.over.cancel();
        match std::mem::replace(&mut *self.session(), Session::Closed) {
            Session::Open(session) => Some(session),
            Session::Unused | Session::Closed => None,
        }
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs SQL on the call's own session; none if the call has ended.
    fn execute(&self, sql: &str, parameters: &SqlParameters) -> Option<Result<Table, SqlError>> {
        let session = {
            let mut session = self.session();
            if self.is_cancelled() {
                return Some(Err(SqlError::Cancelled));
            }
            match &*session {
                Session::Open(open) => Arc::clone(open),
                Session::Closed => return None,
                Session::Unused => {
                    let open = self.shared.sql.session(Arc::clone(&self.scope));
                    *session = Session::Open(Arc::clone(&open));
                    open
                }
            }
        };
        Some(session.execute(sql, parameters))
    }

    fn is_over(&self) -> bool {
        matches!(*self.session(), Session::Closed)
    }

    /// Puts a question, and gives up when the call is over.
    fn ask(
        &self,
        method: &str,
        params: Json,
        key: Option<String>,
    ) -> PyResult<BoxFuture<'static, Result<Json, AskError>>> {
        let kind = QuestionKind::from_method(method)
            .ok_or_else(|| PyValueError::new_err(format!("no method `{method}` of clients")))?;
        let Some(ask) = &self.scope.ask else {
            return Ok(Box::pin(async move { Err(AskError::Unsupported(kind)) }));
        };
        let (answer, over) = (ask.ask(Question { key, kind, params }), self.over.clone());
        Ok(Box::pin(async move {
            tokio::select! {
                biased;
                answer = answer => answer,
                () = over.cancelled() => Err(AskError::Cancelled),
            }
        }))
    }
}

/// A call, as `mxcp._engine` sees it.
#[pyclass(frozen, module = "mxcp._native")]
#[derive(Debug)]
pub(crate) struct Call {
    state: Arc<CallState>,
}

impl Call {
    /// For `mxcp._engine`.
    pub(crate) fn of(py: Python<'_>, state: &Arc<CallState>) -> PyResult<Py<Call>> {
        Py::new(py, Call { state: Arc::clone(state) })
    }

    fn ended(&self, py: Python<'_>) -> PyErr {
        if self.state.is_cancelled() {
            control::tell(py, &self.state);
            return contract::raise(py, intern!(py, "CallCancelled"), "the call was taken back".to_owned());
        }
        PyRuntimeError::new_err("the call has ended: what belongs to it can't be used any more")
    }

    fn sql_failure(py: Python<'_>, error: &SqlError) -> PyErr {
        match error {
            SqlError::Cancelled | SqlError::TimedOut(_) => {
                contract::raise(py, intern!(py, "CallCancelled"), error.to_string())
            }
            other => contract::raise(py, intern!(py, "SqlFailure"), other.to_string()),
        }
    }

    fn ask_failure(py: Python<'_>, error: &AskError) -> PyErr {
        let class = match error {
            AskError::Unsupported(_) => intern!(py, "AskUnsupported"),
            AskError::Deferred => intern!(py, "AwaitsInput"),
            AskError::Failed(_) => intern!(py, "AskFailed"),
            AskError::Cancelled => intern!(py, "CallCancelled"),
        };
        contract::raise(py, class, error.to_string())
    }
}

#[pymethods]
impl Call {
    #[getter]
    fn request_id(&self) -> &str {
        &self.state.scope.request_id
    }

    #[getter]
    fn transport(&self) -> &'static str {
        self.state.scope.transport
    }

    #[getter]
    fn session_id(&self) -> Option<&str> {
        self.state.scope.session_id.as_deref()
    }

    #[getter]
    fn user<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.state.scope.principal.as_ref().map(|principal| user::of(py, principal)).transpose()
    }

    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.state
            .scope
            .headers
            .to_json()
            .map(|headers| to_python::json(py, Json::Object(headers)))
            .transpose()
    }

    #[getter]
    fn telemetry<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(telemetry) = &self.state.scope.telemetry else { return Ok(None) };
        let (facts, trace) = (PyDict::new(py), telemetry.trace());
        facts.set_item(intern!(py, "trace_id"), trace.as_ref().map(|trace| &trace.trace_id))?;
        facts.set_item(intern!(py, "span_id"), trace.as_ref().map(|trace| &trace.parent_id))?;
        Ok(Some(facts))
    }

    #[pyo3(signature = (sql, parameters = None))]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        sql: &str,
        parameters: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let parameters = sql_parameters(parameters)?;
        let outcome = py.detach(|| {
            let _alive = Alive::begin();
            self.state.execute(sql, &parameters)
        });
        match outcome {
            None => Err(self.ended(py)),
            Some(Err(_)) if self.state.is_cancelled() => Err(self.ended(py)),
            Some(Err(error)) => Err(Self::sql_failure(py, &error)),
            Some(Ok(table)) => to_python::rows(py, table),
        }
    }

    #[pyo3(signature = (level, data, logger = None))]
    fn log(&self, level: &str, data: &Bound<'_, PyAny>, logger: Option<String>) -> PyResult<()> {
        if self.state.is_over() {
            return Ok(());
        }
        let level = LogLevel::from_name(level)
            .ok_or_else(|| PyValueError::new_err(format!("no level `{level}` of logging")))?;
        let data = from_python::convert(data, false)?.value;
        self.state.scope.notify.log(LogMessage { level, logger, data });
        Ok(())
    }

    fn note(&self, note: &Bound<'_, PyAny>) -> PyResult<()> {
        if !self.state.is_over() {
            self.state.scope.notes.add(from_python::convert(note, false)?.value);
        }
        Ok(())
    }

    #[pyo3(signature = (progress, total = None, message = None))]
    fn progress(&self, progress: f64, total: Option<f64>, message: Option<String>) {
        if !self.state.is_over() {
            self.state.scope.notify.progress(Progress { done: progress, total, message });
        }
    }

    fn report(&self, kind: &str, what: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(telemetry) = self.state.scope.telemetry.as_ref().filter(|_| !self.state.is_over()) else {
            return Ok(());
        };
        let what = from_python::convert(what, false)?.value.to_json();
        if let Some(report) = Report::parse(kind, &what) {
            report.tell(&**telemetry);
        }
        Ok(())
    }

    #[pyo3(signature = (method, params, key = None))]
    fn ask<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        params: &Bound<'py, PyAny>,
        key: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.state.is_over() {
            return Err(self.ended(py));
        }
        let params = from_python::convert(params, false)?.value.to_json();
        let answer = self.state.ask(method, params, key)?;
        let answer = py.detach(|| {
            let _alive = Alive::begin();
            self.state.shared.runtime.block_on(answer)
        });
        match answer {
            Ok(answer) => to_python::json(py, answer),
            Err(_) if self.state.is_cancelled() => Err(self.ended(py)),
            Err(error) => Err(Self::ask_failure(py, &error)),
        }
    }

    fn ask_soon(
        &self,
        py: Python<'_>,
        method: &str,
        params: &Bound<'_, PyAny>,
        key: Option<String>,
        done: Py<PyAny>,
    ) -> PyResult<()> {
        if self.state.is_over() {
            return Err(self.ended(py));
        }
        let params = from_python::convert(params, false)?.value.to_json();
        let answer = self.state.ask(method, params, key)?;
        let pools = Arc::clone(&self.state.shared.pools);
        let _task = self.state.shared.runtime.spawn(async move {
            let answer = answer.await;
            // The runtime waits for nobody who holds the interpreter.
            let told = pools.aside.submit(Box::new(move |py| tell(py, &done, answer)));
            if let Err(error) = told {
                tracing::error!(%error, "an answer of the client is lost");
            }
        });
        Ok(())
    }

    fn reload(&self, py: Python<'_>, payload: Option<Py<PyAny>>, description: String) -> PyResult<()> {
        if self.state.is_over() {
            return Err(self.ended(py));
        }
        let Some(reload) = &self.state.shared.reload else { return Err(PyRuntimeError::new_err(NO_SERVER)) };
        let payload = match payload {
            None => None,
            Some(payload) if payload.bind(py).is_callable() => Some(payload),
            Some(_) => return Err(PyValueError::new_err("payload_func must be callable")),
        };
        let payload = payload.map(|payload| -> ReloadPayload { Box::new(move || run(&payload)) });
        py.detach(|| reload.request(description, payload));
        Ok(())
    }
}

/// Does what is to be done while the database is closed.
fn run(payload: &Py<PyAny>) -> Result<(), String> {
    let _alive = Alive::begin();
    let done = Python::try_attach(|py| match payload.call0(py) {
        Ok(_) => Ok(()),
        Err(error) => Err(contract::failure(py, &error).to_string()),
    });
    done.unwrap_or_else(|| Err("Python is ending".to_owned()))
}

/// Passes an answer on.
fn tell(py: Python<'_>, done: &Py<PyAny>, answer: Result<Json, AskError>) {
    let answer = match answer {
        Ok(answer) => to_python::json(py, answer),
        Err(error) => Err(Call::ask_failure(py, &error)),
    };
    let told = match answer {
        Ok(answer) => done.call1(py, (answer, py.None())),
        Err(error) => done.call1(py, (py.None(), error.into_value(py))),
    };
    if let Err(error) = told {
        error.write_unraisable(py, Some(done.bind(py)));
    }
}

/// What to bind.
fn sql_parameters(given: Option<&Bound<'_, PyAny>>) -> PyResult<SqlParameters> {
    let Some(given) = given.filter(|given| !given.is_none()) else {
        return Ok(SqlParameters::Named(Object::new()));
    };
    let positional = given.is_instance_of::<PyList>() || given.is_instance_of::<PyTuple>();
    match from_python::for_sql(given)? {
        Value::Object(named) => Ok(SqlParameters::Named(named)),
        Value::Array(values) if positional => Ok(SqlParameters::Positional(values)),
        _ => Err(PyTypeError::new_err("parameters must be a dict, a list or a tuple")),
    }
}
