//! Python.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mxcp_core::definition::PythonSource;
use mxcp_core::registry::Output;
use mxcp_core::value::Object;
use serde_json::{Map, Value as Json};

use super::{BoxFuture, SqlFunction};
use crate::scope::CallScope;

/// Runs the Python of one project. It is started once, and again after each [`PythonEngine::stop`].
pub trait PythonEngine: fmt::Debug + Send + Sync {
    /// Makes the plug-ins, and gives the functions that they define for SQL.
    fn start(
        &self,
        project: Arc<PythonProject>,
    ) -> BoxFuture<'_, Result<Vec<Arc<dyn SqlFunction>>, PythonError>>;

    /// Imports the project's modules and runs its init hooks. What fails is logged, and stops nothing else.
    fn initialise(&self, scope: Arc<CallScope>) -> BoxFuture<'_, Result<(), PythonError>>;

    /// Calls a function. Dropping the future takes the call back, as do `scope.cancel` and the timeout.
    fn call(&self, request: PythonRequest) -> BoxFuture<'_, Result<Output, PythonError>>;

    /// Looks at a function without calling it; `parameters` are the names of the arguments that it will get.
    fn check(
        &self,
        source: Arc<PythonSource>,
        parameters: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<PythonFinding>, PythonError>>;

    /// Runs the shutdown hooks and shuts the plug-ins down, the last one first.
    fn stop(&self, scope: Arc<CallScope>) -> BoxFuture<'_, ()>;
}

/// What Python has to know of a project.
#[derive(Clone)]
pub struct PythonProject {
    /// Its folder, absolute.
    pub root: PathBuf,
    /// The folder of its modules, absolute; it may not exist.
    pub modules: PathBuf,
    /// The folder of its plug-ins, absolute; it may not exist.
    pub plugins_folder: PathBuf,
    /// The plug-ins, in the order of their declaration.
    pub plugins: Vec<Plugin>,
    /// The site file, as `mxcp.runtime.config.site_config` shows it.
    pub site_config: Map<String, Json>,
    /// The user file with references followed, as `mxcp.runtime.config.user_config` shows it.
    pub user_config: Map<String, Json>,
    /// Parameters of the active profile's secrets by name.
    pub secrets: Map<String, Json>,
    /// The texts of modules by path, absolute and without links. They count, whatever the files say when they are imported;
    /// modules that are not in here are read from their files.
    pub sources: Arc<BTreeMap<String, String>>,
}

/// A plug-in: a class whose methods are functions for SQL.
#[derive(Clone)]
pub struct Plugin {
    /// Suffix of its functions.
    pub name: String,
    /// Its module.
    pub module: String,
    /// Its settings, references followed.
    pub config: Map<String, Json>,
}

/// A call of a function.
#[derive(Clone, Debug)]
pub struct PythonRequest {
    /// Which function.
    pub source: Arc<PythonSource>,
    /// Its arguments, all by name.
    pub arguments: Arc<Object>,
    /// Whether the endpoint declares what it returns. If not, a `Decimal` becomes a text.
    pub typed: bool,
    /// Who calls.
    pub scope: Arc<CallScope>,
    /// Longest time it may take.
    pub timeout: Option<Duration>,
}

/// Something about a function that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonFinding {
    /// What it is about.
    pub kind: PythonProblem,
    /// What is wrong, in one phrase.
    pub message: String,
    /// Line of the file, counted from 1, if one is to blame.
    pub line: Option<usize>,
}

/// What may be wrong with a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PythonProblem {
    /// The file is not Python.
    Syntax,
    /// Importing the file fails, perhaps on this machine only.
    Import,
    /// There is no such function in it.
    Missing,
    /// The function does not take the arguments.
    Signature,
}

/// Why Python failed.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// The code raised; the text is for the caller. The traceback is in the log.
    #[error("{0}")]
    Raised(String),
    /// It took longer than it may.
    #[error("call timed out after {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It was taken back.
    #[error("call was cancelled")]
    Cancelled,
    /// It asked the client something, and is to be called again once there is an answer.
    #[error("the call awaits input")]
    AwaitsInput,
    /// Python can't be started, or plug-ins can't be made.
    #[error("{message}")]
    Unavailable {
        /// What is wrong, with what to do about it.
        message: String,
    },
    /// A defect of the engine.
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl PythonError {
    /// What a query fails with if a function that it uses raises: the words of the reference implementation.
    #[must_use]
    pub fn within_query(text: &str) -> String {
        format!("Python exception occurred while executing the UDF: {text}")
    }
}

/// Reloads the project that Python is part of, when Python asks for it.
pub trait Reload: fmt::Debug + Send + Sync {
    /// Puts a reload into the queue and returns at once. `payload` runs while the database is closed, on a thread that it may
    /// block; its error is the reason in the reload's status.
    fn request(&self, description: String, payload: Option<ReloadPayload>);
}

/// What is done while the database is closed.
pub type ReloadPayload = Box<dyn FnOnce() -> Result<(), String> + Send>;

impl fmt::Debug for PythonProject {
    /// Without configuration: values of secrets are in there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("PythonProject");
        shown.field("root", &self.root).field("modules", &self.modules).field("plugins", &self.plugins);
        shown.finish_non_exhaustive()
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Plugin");
        shown.field("name", &self.name).field("module", &self.module).finish_non_exhaustive()
    }
}
