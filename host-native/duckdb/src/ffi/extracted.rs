//! A source split into its statements.

use std::ptr;
use std::sync::Arc;

use super::connection::Handle;
use super::prepared::Prepared;
use super::text::{borrowed, to_c};

/// Statements that are parsed, not bound.
#[derive(Debug)]
pub(crate) struct Extracted {
    raw: duckdb::duckdb_extracted_statements,
    count: u64,
    next: u64,
    connection: Arc<Handle>,
}

impl Extracted {
    pub(super) fn parse(connection: &Arc<Handle>, source: &str) -> Result<Self, String> {
        let c_source = to_c(source)?;
        let mut raw = ptr::null_mut();
        // SAFETY: the connection is open, the text lives during the call, the place is ours.
        let count =
            unsafe { duckdb::duckdb_extract_statements(connection.raw(), c_source.as_ptr(), &raw mut raw) };
        let extracted = Self {
            raw,
            count,
            next: 0,
            connection: Arc::clone(connection),
        };
        // SAFETY: the handle is live; the message belongs to it and is copied.
        match unsafe { borrowed(duckdb::duckdb_extract_statements_error(extracted.raw)) } {
            Some(message) => Err(message),
            None => Ok(extracted),
        }
    }

    /// How many statements there are.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }

    /// Binds the next statement; none after the last.
    ///
    /// # Errors
    /// DuckDB's message.
    pub(crate) fn prepare_next(&mut self) -> Option<Result<Prepared, String>> {
        if self.next == self.count {
            return None;
        }
        let (index, mut raw) = (self.next, ptr::null_mut());
        self.next += 1;
        // SAFETY: both handles are live and the index is within the count. DuckDB takes the statement out of its list,
        // so that a second call for one index would read an empty pointer; `next` only grows.
        let state = unsafe {
            duckdb::duckdb_prepare_extracted_statement(self.connection.raw(), self.raw, index, &raw mut raw)
        };
        Some(Prepared::new(raw, state, &self.connection))
    }
}

impl Drop for Extracted {
    fn drop(&mut self) {
        // SAFETY: the handle is ours; null is fine.
        unsafe { duckdb::duckdb_destroy_extracted(&raw mut self.raw) };
    }
}
