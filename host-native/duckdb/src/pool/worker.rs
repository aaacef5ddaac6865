//! One thread.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use mxcp_runtime::CallScope;
use mxcp_runtime::ports::SqlError;

use super::{Bell, Job, Shared, Work};
use crate::control::Control;
use crate::session::{Session, Source};
use crate::stock::Stock;

/// DuckDB plans by recursion, and is used to the stack of a main thread.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Starts thread number `index`.
pub(super) fn start(shared: &Arc<Shared>, index: usize) -> io::Result<JoinHandle<()>> {
    let shared = Arc::clone(shared);
    thread::Builder::new().name(format!("duckdb-{index}")).stack_size(STACK_BYTES).spawn(move || {
        let bell = Arc::<Bell>::default();
        while let Some(job) = shared.next(&bell) {
            run(&shared.stock, job);
        }
    })
}

fn run(stock: &Stock, job: Job) {
    let Job { control, work } = job;
    match work {
        Work::Execute { source, arguments, row_tests, scope, reply } => {
            let rows = with_session(stock, Some(&scope), &control, |session| {
                session.execute_for(Source::Project(&source), &arguments, &row_tests, &scope, &control)
            });
            // Nobody is there to hear it if the request was taken back.
            let _ = reply.send(rows.map(|table| table.rows));
        }
        Work::Check { source, reply } => {
            let _ = reply.send(with_session(stock, None, &control, |session| Ok(session.check(&source))));
        }
        Work::ReplaceSecrets { secrets, reply } => {
            let replaced = with_session(stock, None, &control, |session| {
                session.replace_secrets(secrets);
                Ok(())
            });
            let _ = reply.send(replaced);
        }
        Work::Define { functions, reply } => {
            let defined = with_session(stock, None, &control, |session| {
                session.define(functions).map_err(|message| SqlError::Unavailable { message })
            });
            let _ = reply.send(defined);
        }
        Work::Open { reply } => {
            let _ = reply.send(with_session(stock, None, &control, |_| Ok(())));
        }
    }
}

/// Does something on a connection, and gives it back before the answer goes out, so that whoever gets that finds
/// transactions rolled back.
fn with_session<T>(
    stock: &Stock,
    scope: Option<&Arc<CallScope>>,
    control: &Arc<Control>,
    act: impl FnOnce(&mut Session) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    if control.is_cancelled() {
        return Err(SqlError::Cancelled);
    }
    catch_unwind(AssertUnwindSafe(|| {
        let mut lease = stock.lend(scope, control)?;
        let result = act(&mut lease.session);
        stock.give_back(lease);
        result
    }))
    .unwrap_or_else(|_| Err(SqlError::Internal("the thread of the query panicked".into())))
}
