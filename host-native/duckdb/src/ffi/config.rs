//! Options of a database.

use std::ptr;

use super::text::to_c;

/// Options a database is opened with.
#[derive(Debug)]
pub(crate) struct Config(pub(super) duckdb::duckdb_config);

impl Config {
    /// DuckDB's defaults.
    ///
    /// # Errors
    /// DuckDB has no memory for it.
    pub(crate) fn new() -> Result<Self, String> {
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` is a place for the handle, which the new value owns from here on.
        let state = unsafe { duckdb::duckdb_create_config(&raw mut raw) };
        let config = Self(raw);
        if state == duckdb::DuckDBSuccess {
            Ok(config)
        } else {
            Err("can't make a configuration".to_owned())
        }
    }

    /// Sets an option by its name in `duckdb_settings()`.
    ///
    /// # Errors
    /// There is no such option, or it doesn't take that value.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let (c_name, c_value) = (to_c(name)?, to_c(value)?);
        // SAFETY: the handle is live, the texts live during the call.
        let state = unsafe { duckdb::duckdb_set_config(self.0, c_name.as_ptr(), c_value.as_ptr()) };
        if state == duckdb::DuckDBSuccess {
            Ok(())
        } else {
            Err(format!("can't set `{name}` to `{value}`"))
        }
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and used nowhere else; null is fine.
        unsafe { duckdb::duckdb_destroy_config(&raw mut self.0) };
    }
}
