//! The program `dbt` itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::Context as _;

use crate::environment;
use crate::failure::Failure;

/// What a shell adds to the number of the signal that has ended a program.
const SIGNALLED: i32 = 128;

/// How dbt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its exit code, in the way of shells if a signal ended it.
    pub(crate) code: u8,
}

/// The file of dbt; none if it is not installed.
pub(crate) fn find() -> Option<PathBuf> {
    environment::program("dbt")
}

/// Runs dbt in the working directory, with the user at its streams, until it ends. Ctrl-C reaches dbt from the terminal,
/// and another request to end is handed on: dbt says when it is over.
///
/// # Errors
/// It can't be started.
pub(crate) async fn run(
    program: &Path,
    arguments: &[OsString],
    variables: BTreeMap<String, String>,
) -> Result<Ended, Failure> {
    let mut signals = Signals::listen()?;
    let mut command = Command::new(program);
    command.args(arguments).envs(variables);
    let mut child = command.spawn().with_context(|| format!("{} can't be started", program.display()))?;
    let id = child.id();
    let mut waiting = tokio::task::spawn_blocking(move || child.wait());
    loop {
        tokio::select! {
            status = &mut waiting => return Ok(Ended::of(status.context("dbt is not waited for any more")??)),
            () = signals.terminated() => hand_on(id),
        }
    }
}

/// Asks dbt to end.
fn hand_on(id: u32) {
    // The shell has a `kill` of its own wherever there is a shell. Where there is none, dbt ends when it ends.
    let _sent = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id.to_string()]).status();
}

/// The signals that would end this program before dbt.
#[derive(Debug)]
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits until this program alone is asked to end.
    async fn terminated(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => return,
            }
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Keeps Ctrl-C from ending this program; it is never asked to end alone.
    async fn terminated(&mut self) {
        while tokio::signal::ctrl_c().await.is_ok() {}
        std::future::pending().await
    }
}

impl Ended {
    fn of(status: ExitStatus) -> Self {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal: Option<i32> = None;
        let code = status.code().or_else(|| Some(SIGNALLED + signal?)).unwrap_or(1);
        Self { code: u8::try_from(code).unwrap_or(1) }
    }
}
