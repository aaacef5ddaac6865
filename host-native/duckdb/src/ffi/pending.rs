//! A query that is planned and not run yet.

use std::mem::MaybeUninit;
use std::sync::Arc;

use super::connection::{Handle, Interrupter};
use super::extracted::Extracted;
use super::result::QueryResult;
use super::text::borrowed;

/// A planned query. From here on an interrupt is certain to reach it: DuckDB forgets earlier interrupts when it
/// plans, never later.
#[derive(Debug)]
pub(crate) struct Pending {
    raw: duckdb::duckdb_pending_result,
    connection: Arc<Handle>,
}

impl Pending {
    pub(super) fn new(
        raw: duckdb::duckdb_pending_result,
        state: duckdb::duckdb_state,
        connection: &Arc<Handle>,
    ) -> Result<Self, String> {
        let pending = Self { raw, connection: Arc::clone(connection) };
        if state == duckdb::DuckDBSuccess {
            return Ok(pending);
        }
        // SAFETY: the handle is live or null; the message belongs to it and is copied.
        let message = unsafe { borrowed(duckdb::duckdb_pending_error(raw)) };
        Err(message.unwrap_or_else(|| "unknown error".to_owned()))
    }

    /// Runs it to the end.
    ///
    /// # Errors
    /// DuckDB's message; `INTERRUPT Error: …` if it was interrupted.
    pub(crate) fn finish(self) -> Result<QueryResult, String> {
        let mut raw = MaybeUninit::zeroed();
        // SAFETY: the handle is live; DuckDB fills the place whatever the outcome, and zeroes are a valid empty
        // result besides.
        let (state, raw) = unsafe {
            let state = duckdb::duckdb_execute_pending(self.raw, raw.as_mut_ptr());
            (state, raw.assume_init())
        };
        QueryResult::new(raw, state, &self.connection)
    }

    /// Gives it up before any of it has run.
    ///
    /// DuckDB keeps a query that is only dropped, with its transaction, until its connection is used again, and then
    /// works on what it was given up for: without end, where that has none. It finds it interrupted here.
    pub(crate) fn abandon(self) {
        Interrupter::of(&self.connection).interrupt();
        // Preparing whatever it is ends what is open, and forgets the interrupt.
        if let Ok(mut statements) = Extracted::parse(&self.connection, "SELECT 1") {
            drop(statements.prepare_next());
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // SAFETY: the handle is ours; null is fine.
        unsafe { duckdb::duckdb_destroy_pending(&raw mut self.raw) };
    }
}

#[cfg(test)]
mod tests {
    use crate::ffi::{Config, Connection, Database};

    #[test]
    fn a_query_that_is_given_up_is_not_worked_on_afterwards() {
        let database = Database::open(":memory:", &Config::new().unwrap()).unwrap();
        let connection = Connection::open(&database).unwrap();
        connection.run("CREATE TABLE written (a INTEGER)").unwrap();
        let texts = [
            "SELECT count(*) FROM range(1000000) a (x), range(1000000) b (y) WHERE (x * y) % 7 = 1",
            "INSERT INTO written VALUES (1)",
        ];
        for text in texts {
            let planned = connection.extract(text).unwrap().prepare_next().unwrap().unwrap();
            planned.start().unwrap().abandon();
        }
        // This would have to wait for the end of the first.
        connection.run("SELECT 1").unwrap();
        let another = Connection::open(&database).unwrap();
        another.run("SELECT CASE WHEN count(*) > 0 THEN error('written') END FROM written").unwrap();
    }
}
