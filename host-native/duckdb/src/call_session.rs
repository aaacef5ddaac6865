//! SQL that the code of a call runs.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{CodeQuery, SqlError, SqlParameters, SqlSession, Table};

use crate::control::Control;
use crate::session::{Session, Source};
use crate::stock::{Lease, Stock};

/// Runs statements of one call, each on the thread that asks.
///
/// A connection on which a statement left something stays with the session; any other goes back to the stock at once, so
/// that code between its statements keeps nothing. A statement runs on the connection that has been kept for longest, if
/// that one is free: statement after statement finds what the ones before it left, on whatever threads they are.
#[derive(Debug)]
pub(crate) struct CallSession {
    stock: Arc<Stock>,
    scope: Arc<CallScope>,
    control: Arc<Control>,
    kept: Mutex<Kept>,
}

/// Connections that are not clean, as long as no statement runs on them.
#[derive(Debug, Default)]
struct Kept {
    free: Vec<(u64, Lease)>,
    /// How many there have been.
    count: u64,
}

impl CallSession {
    /// A session without a connection.
    pub(crate) fn new(stock: Arc<Stock>, scope: Arc<CallScope>) -> Self {
        Self { stock, scope, control: Arc::default(), kept: Mutex::default() }
    }

    /// The free connection that has been kept for longest, with its number.
    fn take(&self) -> Option<(u64, Lease)> {
        let free = &mut self.kept().free;
        let (index, _) = free.iter().enumerate().min_by_key(|(_, (number, _))| *number)?;
        Some(free.swap_remove(index))
    }

    /// Keeps a connection if it isn't clean.
    fn put(&self, number: Option<u64>, lease: Lease) {
        if lease.session.is_clean() || lease.session.is_stale() {
            return self.stock.give_back(lease);
        }
        let mut kept = self.kept();
        if self.control.is_cancelled() {
            drop(kept);
            return drop(lease);
        }
        let number = number.unwrap_or(kept.count);
        kept.count = kept.count.max(number + 1);
        kept.free.push((number, lease));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallSession {
    /// Runs something on a connection of the call.
    fn on_connection(
        &self,
        text: &str,
        parameters: &SqlParameters,
        run: impl FnOnce(&mut Session, &Object) -> Result<Table, SqlError>,
    ) -> Result<Table, SqlError> {
        let Some(telemetry) = &self.scope.telemetry else { return self.run(parameters, run) };
        let begun = SystemTime::now();
        let result = self.run(parameters, run);
        let outcome = result.as_ref().map(|table| table.rows.rows.len());
        telemetry.queried(CodeQuery { text, parameters: parameters.len(), begun, outcome });
        result
    }

    fn run(
        &self,
        parameters: &SqlParameters,
        run: impl FnOnce(&mut Session, &Object) -> Result<Table, SqlError>,
    ) -> Result<Table, SqlError> {
        if self.control.is_cancelled() || self.scope.cancel.is_cancelled() {
            return Err(SqlError::Cancelled);
        }
        let positional: Object;
        let arguments = match parameters {
            SqlParameters::Named(arguments) => arguments,
            SqlParameters::Positional(values) => {
                positional = by_position(values);
                &positional
            }
        };
        let (number, mut lease) = match self.take() {
            Some((number, lease)) => (Some(number), lease),
            None => (None, self.stock.lend(Some(&self.scope), &self.control)?),
        };
        let result = run(&mut lease.session, arguments);
        self.put(number, lease);
        result
    }
}

impl SqlSession for CallSession {
    fn execute(&self, text: &str, parameters: &SqlParameters) -> Result<Table, SqlError> {
        self.on_connection(text, parameters, |session, arguments| {
            session.execute(Source::Program(text), arguments, &self.scope, &self.control)
        })
    }

    fn read(&self, text: &str, parameters: &SqlParameters) -> Result<Table, SqlError> {
        self.on_connection(text, parameters, |session, arguments| {
            session.read(text, arguments, &self.scope, &self.control)
        })
    }

    fn interrupt(&self) {
        self.control.cancel();
        // Closed after the lock.
        let _free = mem::take(&mut self.kept().free);
        self.stock.wake();
    }
}

/// DuckDB calls the parameters `?` by their position, from 1.
fn by_position(values: &[Value]) -> Object {
    values.iter().enumerate().map(|(index, value)| ((index + 1).to_string(), value.clone())).collect()
}
