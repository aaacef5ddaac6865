//! One thread with its connection.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use mxcp_runtime::ports::SqlError;

use super::{Bell, Job, Shared, Work};
use crate::session::Session;

/// DuckDB plans by recursion, and is used to the stack of a main thread.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Starts thread number `index`.
pub(super) fn start(shared: &Arc<Shared>, index: usize) -> io::Result<JoinHandle<()>> {
    let shared = Arc::clone(shared);
    thread::Builder::new().name(format!("duckdb-{index}")).stack_size(STACK_BYTES).spawn(move || {
        let bell = Arc::<Bell>::default();
        let mut session = None;
        while let Some(job) = shared.next(index, &bell, &mut session) {
            run(&shared, &mut session, job);
        }
    })
}

fn run(shared: &Arc<Shared>, session: &mut Option<Session>, job: Job) {
    let Job { control, work } = job;
    if control.is_cancelled() {
        return;
    }
    match work {
        Work::Execute { source, arguments, caller, reply } => {
            let rows = with_session(shared, session, |session| {
                session.execute(&source, &arguments, caller, &control)
            });
            // Nobody is there to hear it if the request was taken back.
            let _ = reply.send(rows);
        }
        Work::Check { source, reply } => {
            let _ = reply.send(with_session(shared, session, |session| Ok(session.check(&source))));
        }
        Work::ReplaceSecrets { secrets, reply } => {
            let replaced = with_session(shared, session, |session| {
                session.replace_secrets(secrets);
                Ok(())
            });
            let _ = reply.send(replaced);
        }
        Work::Open { reply } => {
            let _ = reply.send(with_session(shared, session, |_| Ok(())));
        }
    }
}

/// Does something on the thread's connection, which is opened if need be, and thrown away afterwards if it isn't clean:
/// before the answer goes out, so that whoever gets it finds transactions rolled back.
fn with_session<T>(
    shared: &Arc<Shared>,
    slot: &mut Option<Session>,
    act: impl FnOnce(&mut Session) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    let mut session = match slot.take().filter(|session| !session.is_stale()) {
        Some(session) => session,
        None => shared.store.connect()?,
    };
    let result = catch_unwind(AssertUnwindSafe(|| act(&mut session)));
    if session.is_stale() {
        drop(session);
        shared.wake_idle();
    } else if result.is_ok() && session.is_clean() {
        *slot = Some(session);
    }
    result.unwrap_or_else(|_| Err(SqlError::Internal("the thread of the query panicked".into())))
}
