//! The engine.

use std::sync::{Arc, Mutex, PoisonError};

use mxcp_core::definition::PythonSource;
use mxcp_core::registry::Output;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    BoxFuture, PythonEngine, PythonError, PythonFinding, PythonProject, PythonRequest, SqlFunction,
};
use tokio::runtime::Handle;

use crate::generation::Generation;
use crate::launch::Launcher;
use crate::options::Options;
use crate::worker::Services;

/// Runs Python in processes of the user's interpreter. Dropping it ends them.
#[derive(Debug)]
pub struct Workers {
    options: Options,
    launcher: Arc<Launcher>,
    generation: Mutex<Option<Arc<Generation>>>,
}

impl Workers {
    /// An engine that has no project yet. Nothing is started and no interpreter is looked for.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let launcher = Arc::new(Launcher::new(&options));
        Self { options, launcher, generation: Mutex::default() }
    }

    fn generation(&self) -> Result<Arc<Generation>, PythonError> {
        let generation = self.generation.lock().unwrap_or_else(PoisonError::into_inner).clone();
        generation.ok_or_else(|| PythonError::Unavailable { message: "Python is not started".to_owned() })
    }

    fn replace(&self, generation: Option<Arc<Generation>>) -> Option<Arc<Generation>> {
        std::mem::replace(&mut *self.generation.lock().unwrap_or_else(PoisonError::into_inner), generation)
    }

    async fn begin(&self, project: Arc<PythonProject>) -> Result<Vec<Arc<dyn SqlFunction>>, PythonError> {
        let services = Services {
            sql: Arc::clone(&self.options.sql),
            reload: self.options.reload.clone(),
            directory: Arc::default(),
            runtime: Handle::current(),
            workers: Mutex::default(),
        };
        let generation = Generation::new(&self.launcher, self.options.workers, project, services);
        let functions = generation.functions().await;
        let replaced = match functions {
            Ok(_) => self.replace(Some(generation)),
            Err(_) => Some(generation),
        };
        if let Some(replaced) = replaced {
            replaced.kill();
        }
        functions
    }
}

impl PythonEngine for Workers {
    fn start(
        &self,
        project: Arc<PythonProject>,
    ) -> BoxFuture<'_, Result<Vec<Arc<dyn SqlFunction>>, PythonError>> {
        Box::pin(self.begin(project))
    }

    fn initialise(&self, scope: Arc<CallScope>) -> BoxFuture<'_, Result<(), PythonError>> {
        Box::pin(async move { self.generation()?.initialise(scope).await })
    }

    fn call(&self, request: PythonRequest) -> BoxFuture<'_, Result<Output, PythonError>> {
        Box::pin(async move {
            let generation = self.generation()?;
            let late = async {
                match request.timeout {
                    Some(timeout) => {
                        tokio::time::sleep(timeout).await;
                        timeout
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                output = generation.call(&request) => output,
                () = request.scope.cancel.cancelled() => Err(PythonError::Cancelled),
                timeout = late => Err(PythonError::TimedOut(timeout)),
            }
        })
    }

    fn check(
        &self,
        source: Arc<PythonSource>,
        parameters: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<PythonFinding>, PythonError>> {
        Box::pin(async move { self.generation()?.check(&source, &parameters).await })
    }

    fn stop(&self, scope: Arc<CallScope>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(generation) = self.replace(None) {
                generation.stop(&scope).await;
            }
        })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if let Some(generation) = self.replace(None) {
            generation.kill();
        }
    }
}
