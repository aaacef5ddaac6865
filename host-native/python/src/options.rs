//! What the engine needs to know before it is given a project.

use std::env;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use mxcp_runtime::ports::{Reload, SqlEngine};

use crate::process::Printed;

/// Settings of [`crate::Workers`].
pub struct Options {
    /// Folder that the processes work in, and that relative paths of `interpreter` start at: the project root.
    pub root: PathBuf,
    /// The database behind `db.execute`.
    pub sql: Arc<dyn SqlEngine>,
    /// Who hears `reload_duckdb`; none where nothing is served.
    pub reload: Option<Arc<dyn Reload>>,
    /// `python.interpreter` of the site file.
    pub interpreter: Option<PathBuf>,
    /// Folder of the active virtual environment, whose interpreter comes first.
    pub environment: Option<PathBuf>,
    /// How many processes there may be; at least one.
    pub workers: usize,
    /// Where goes what Python prints, to standard output as well as to standard error.
    pub printed: Printed,
}

impl Options {
    /// As many processes as there are cores, but at least two; the virtual environment of `VIRTUAL_ENV`; what Python
    /// prints goes to standard error.
    pub fn new(root: impl Into<PathBuf>, sql: Arc<dyn SqlEngine>) -> Self {
        Self {
            root: root.into(),
            sql,
            reload: None,
            interpreter: None,
            environment: active_environment(),
            workers: thread::available_parallelism().map_or(2, |cores| cores.get().max(2)),
            printed: Arc::new(Mutex::new(io::stderr())),
        }
    }
}

/// The folder of the virtual environment that the user has activated.
pub(crate) fn active_environment() -> Option<PathBuf> {
    env::var_os("VIRTUAL_ENV").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Options");
        shown
            .field("root", &self.root)
            .field("interpreter", &self.interpreter)
            .field("workers", &self.workers);
        shown.finish_non_exhaustive()
    }
}
