//! The program, run by an interpreter.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use mxcp_runtime::ports::{PythonEngine, Reload, SqlEngine};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::engine::InProcess;
use crate::threads::Alive;

/// How long threads have to come to their end when the program has ended.
const PATIENCE: Duration = Duration::from_millis(500);

/// Does what a command line asks for, and gives the exit code. `argv` begins with the name of the program.
///
/// To be called once, in the main thread. It does not return where threads are stuck in calls that nobody waits for any more.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, argv: Vec<OsString>) -> PyResult<u8> {
    end_by_signal(py, intern!(py, "SIGINT"))?;
    // As it is before code of a project can replace it.
    let leave = py.import(intern!(py, "os"))?.getattr(intern!(py, "_exit"))?;
    let (code, quiet) = py.detach(|| {
        let code = mxcp::run(&argv, Some(in_process));
        // Nobody else does it: the standard library's own end of a program is never reached.
        let _unwritten = std::io::stdout().flush();
        (number(code), Alive::none_within(PATIENCE))
    });
    // Code of the project may keep the interpreter from its end. The program hears no signal any more, so they end it.
    end_by_signal(py, intern!(py, "SIGINT"))?;
    end_by_signal(py, intern!(py, "SIGTERM"))?;
    if !quiet {
        for stream in [intern!(py, "stdout"), intern!(py, "stderr")] {
            let _unwritten =
                py.import(intern!(py, "sys"))?.getattr(stream)?.call_method0(intern!(py, "flush"));
        }
        leave.call1((code,))?;
    }
    Ok(code)
}

/// The engine of this process.
fn in_process(sql: Arc<dyn SqlEngine>, reload: Option<Arc<dyn Reload>>) -> Arc<dyn PythonEngine> {
    Arc::new(InProcess::new(sql, reload))
}

/// Has a signal end the process, as it does without an interpreter: Python would only hear of it when the program has ended.
fn end_by_signal(py: Python<'_>, name: &Bound<'_, PyString>) -> PyResult<()> {
    let signal = py.import(intern!(py, "_signal"))?;
    let default = signal.getattr(intern!(py, "SIG_DFL"))?;
    signal.call_method1(intern!(py, "signal"), (signal.getattr(name)?, default))?;
    Ok(())
}

/// The number of an exit code, which does not tell it.
fn number(code: ExitCode) -> u8 {
    (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap_or(1)
}
