//! Starting the processes of workers.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use mxcp_runtime::ports::PythonError;

use crate::interpreter::Search;
use crate::options::Options;
use crate::package::Package;
use crate::process::Printed;
use crate::worker::{Services, Worker};

/// Starts processes. It looks for an interpreter when the first one is needed, so that projects without Python need
/// none.
pub(crate) struct Launcher {
    root: PathBuf,
    setting: Option<PathBuf>,
    environment: Option<PathBuf>,
    printed: Printed,
    found: Mutex<Option<Found>>,
}

/// What every process is started with.
#[derive(Clone)]
struct Found {
    interpreter: PathBuf,
    package: Arc<Package>,
}

/// A process that is not a worker yet. Dropping it ends it.
pub(crate) struct Started {
    worker: Option<Arc<Worker>>,
    /// Its interpreter.
    pub(crate) interpreter: PathBuf,
}

impl Launcher {
    /// For the project of the options.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            root: options.root.clone(),
            setting: options.interpreter.clone(),
            environment: options.environment.clone(),
            printed: Arc::clone(&options.printed),
            found: Mutex::default(),
        }
    }

    /// Starts a process.
    pub(crate) fn start(&self, services: &Arc<Services>) -> Result<Started, PythonError> {
        let Found { interpreter, package } = self.found()?;
        let mut command = Command::new(&interpreter);
        command.arg(package.program().map_err(|error| no_package(&error))?);
        let started = Worker::start(&mut command, &self.root, Arc::clone(&self.printed), services);
        let worker = started.map_err(|error| PythonError::Unavailable {
            message: format!("can't start Python `{}`: {error}", interpreter.display()),
        })?;
        Ok(Started { worker: Some(worker), interpreter })
    }

    fn found(&self) -> Result<Found, PythonError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = &*found {
            return Ok(found.clone());
        }
        let search = Search {
            root: &self.root,
            setting: self.setting.as_deref(),
            environment: self.environment.as_deref(),
            path: std::env::var_os("PATH"),
        };
        let interpreter = search.find()?;
        let package = Arc::new(Package::unpack().map_err(|error| no_package(&error))?);
        Ok(found.insert(Found { interpreter, package }).clone())
    }
}

fn no_package(error: &std::io::Error) -> PythonError {
    let message = format!("the Python package of mxcp can't be written to any folder: {error}");
    PythonError::Unavailable { message }
}

impl Started {
    /// The worker that it is to become.
    pub(crate) fn worker(&self) -> Option<&Arc<Worker>> {
        self.worker.as_ref()
    }

    /// The worker, which others are to end from now on.
    pub(crate) fn keep(mut self) -> Option<Arc<Worker>> {
        self.worker.take()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            worker.kill();
        }
    }
}

impl fmt::Debug for Launcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Launcher");
        shown.field("root", &self.root).field("setting", &self.setting).finish_non_exhaustive()
    }
}
