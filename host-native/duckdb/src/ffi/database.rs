//! An open database.

use std::ptr;
use std::sync::Arc;

use super::config::Config;
use super::text::{owned, to_c};

/// An open database; closed when the last owner goes, which are the connections besides the opener.
#[derive(Debug)]
pub(crate) struct Database(pub(super) duckdb::duckdb_database);

// SAFETY: the handle is a reference-counted instance that DuckDB synchronises itself; connecting is the only thing
// that is done with it from several threads.
unsafe impl Send for Database {}
// SAFETY: as above.
unsafe impl Sync for Database {}

impl Database {
    /// Opens or creates the file at `path`.
    ///
    /// # Errors
    /// DuckDB's message.
    pub(crate) fn open(path: &str, config: &Config) -> Result<Arc<Self>, String> {
        let c_path = to_c(path)?;
        let mut raw = ptr::null_mut();
        let mut message = ptr::null_mut();
        // SAFETY: path and configuration live during the call; both places are ours.
        let state =
            unsafe { duckdb::duckdb_open_ext(c_path.as_ptr(), &raw mut raw, config.0, &raw mut message) };
        if state == duckdb::DuckDBSuccess {
            return Ok(Arc::new(Self(raw)));
        }
        // SAFETY: DuckDB hands the message over; null is fine.
        Err(unsafe { owned(message) }.unwrap_or_else(|| "unknown error".to_owned()))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle: connections keep this value alive.
        unsafe { duckdb::duckdb_close(&raw mut self.0) };
    }
}
