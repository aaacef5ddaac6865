//! The `mxcp` program as a library: its command line in [`cli`], one file per command in [`commands`], everything it prints in
//! [`ui`]. Which engines and transports it is made of is told in [`compose`], and nowhere else.

mod advice;
mod approval;
mod arguments;
mod aside;
mod auth;
mod cli;
mod commands;
mod compose;
mod config;
mod dbt;
mod drift;
mod environment;
mod failure;
mod file;
mod lock;
mod logging;
mod migrate;
mod oci;
mod project;
mod reenter;
mod references;
mod report;
mod signals;
mod telemetry;
mod ui;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use mxcp_runtime::ports::{PythonEngine, Reload, SqlEngine};

/// Makes the engine that runs Python in this very process.
pub type InProcessPython = fn(Arc<dyn SqlEngine>, Option<Arc<dyn Reload>>) -> Arc<dyn PythonEngine>;

/// Does what a command line asks for. `words` begins with the name of the program; without `in_process`, Python runs in
/// processes of its own.
#[must_use]
pub fn run(words: &[OsString], in_process: Option<InProcessPython>) -> ExitCode {
    match cli::parse(words) {
        Ok(command) => commands::run(command, words, in_process),
        Err(refusal) => ui::refuse(&refusal, cli::wants_json(words)),
    }
}
