//! Runs Python endpoints and plug-ins in worker processes.

use std::path::PathBuf;
use std::sync::Arc;

use mxcp_core::definition::PythonSource;
use mxcp_core::registry::Output;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    BoxFuture, PythonEngine, PythonError, PythonFinding, PythonProject, PythonRequest, Reload, SqlEngine,
    SqlFunction,
};

/// How worker processes are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The interpreter, absolute; none: that of the active virtual environment, or `python3`.
    pub interpreter: Option<PathBuf>,
    /// Most processes; none: one for each processor, two at least.
    pub workers: Option<usize>,
    /// Runs the SQL of Python code.
    pub sql: Arc<dyn SqlEngine>,
    /// Reloads the project; none if nothing is served.
    pub reload: Option<Arc<dyn Reload>>,
}

/// Worker processes.
#[derive(Debug)]
pub struct Workers;

impl Workers {
    /// Starts no process yet.
    #[must_use]
    pub fn new(_options: Options) -> Self {
        Self
    }
}

fn unavailable() -> PythonError {
    PythonError::Unavailable { message: "worker processes are not built in".to_owned() }
}

impl PythonEngine for Workers {
    fn start(
        &self,
        _project: Arc<PythonProject>,
    ) -> BoxFuture<'_, Result<Vec<Arc<dyn SqlFunction>>, PythonError>> {
        Box::pin(async { Err(unavailable()) })
    }

    fn initialise(&self, _scope: Arc<CallScope>) -> BoxFuture<'_, Result<(), PythonError>> {
        Box::pin(async { Err(unavailable()) })
    }

    fn call(&self, _request: PythonRequest) -> BoxFuture<'_, Result<Output, PythonError>> {
        Box::pin(async { Err(unavailable()) })
    }

    fn check(
        &self,
        _source: Arc<PythonSource>,
        _parameters: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<PythonFinding>, PythonError>> {
        Box::pin(async { Err(unavailable()) })
    }

    fn stop(&self, _scope: Arc<CallScope>) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
