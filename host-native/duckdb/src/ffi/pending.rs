//! A query that is planned and not run yet.

use std::mem::MaybeUninit;
use std::sync::Arc;

use super::connection::Handle;
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
        let pending = Self {
            raw,
            connection: Arc::clone(connection),
        };
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
}

impl Drop for Pending {
    fn drop(&mut self) {
        // SAFETY: the handle is ours; null is fine.
        unsafe { duckdb::duckdb_destroy_pending(&raw mut self.raw) };
    }
}
