//! The signals that end the program, and the one that makes it look at its project again.

use std::io::{self, Write as _};
use std::pin::pin;
use std::process;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// What is said about work that was taken back by a signal.
pub(crate) const CANCELLED: &str = "Operation cancelled by user";

/// How long work that was taken back may go on.
const PATIENCE: Duration = Duration::from_secs(5);

/// Does work that a signal takes back. What does not end by itself then is ended with the process.
pub(crate) async fn cancelling<F: Future>(work: impl FnOnce(CancellationToken) -> F) -> F::Output {
    let cancel = CancellationToken::new();
    let mut work = pin!(work(cancel.clone()));
    tokio::select! {
        biased;
        // First, so that a signal is heard from the moment at which the work begins. Where signals can't be heard, they end
        // the process as they always do.
        Ok(()) = end_requested() => cancel.cancel(),
        done = &mut work => return done,
    }
    tokio::select! {
        biased;
        done = &mut work => done,
        () = patience() => end(),
    }
}

/// Starts what a command works with. A signal ends the process meanwhile: there is nothing to take back yet.
pub(crate) async fn starting<T>(work: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        Ok(()) = end_requested() => end(),
        done = work => done,
    }
}

fn end() -> ! {
    let _unheard = writeln!(io::stderr(), "{CANCELLED}");
    process::exit(1);
}

/// Waits until work has had its time to end, or somebody asks once more: code that is being started may not listen.
async fn patience() {
    tokio::select! {
        Ok(()) = end_requested() => {}
        () = tokio::time::sleep(PATIENCE) => {}
    }
}

/// Waits for the next signal to end: Ctrl-C, or SIGTERM.
///
/// From the first poll on, these signals no longer end the process by themselves.
///
/// # Errors
/// The operating system refuses to deliver them.
#[cfg(unix)]
pub(crate) async fn end_requested() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Waits for the next signal to end: Ctrl-C.
///
/// # Errors
/// The operating system refuses to deliver it.
#[cfg(not(unix))]
pub(crate) async fn end_requested() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Hears the signal to reload, SIGHUP. Where there is no such signal, nothing is ever heard.
#[derive(Debug)]
pub(crate) struct Reloads {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Reloads {
    /// From here on the signal no longer ends the process.
    ///
    /// # Errors
    /// The operating system refuses to deliver it.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            hangup: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal. Several that come before this is called are one.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        if self.hangup.recv().await.is_some() {
            return;
        }
        std::future::pending().await
    }
}
