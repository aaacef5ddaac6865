//! A statement that is bound and ready to run.

use std::ptr;
use std::sync::Arc;

use super::connection::Handle;
use super::logical_type::LogicalType;
use super::parameter::Parameter;
use super::pending::Pending;
use super::text::{borrowed, owned};
use super::type_id::TypeId;

/// A prepared statement.
#[derive(Debug)]
pub(crate) struct Prepared {
    raw: duckdb::duckdb_prepared_statement,
    parameters: Box<[String]>,
    /// Disconnected after the statement is gone.
    connection: Arc<Handle>,
}

/// What a statement may leave behind on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// Reads rows, and whatever its functions do.
    Query,
    /// Changes rows: nothing stays on the connection.
    Rows,
    /// Makes, changes or drops something in the database: tables, views and so on. Temporary ones stay on the connection.
    Definition,
    /// Anything else: settings, transactions and so on.
    Other,
}

// SAFETY: a statement may be used on any thread, by one at a time, as its connection may: DuckDB keeps nothing of either
// per thread. It is not `Sync`.
unsafe impl Send for Prepared {}

impl Prepared {
    pub(super) fn new(
        raw: duckdb::duckdb_prepared_statement,
        state: duckdb::duckdb_state,
        connection: &Arc<Handle>,
    ) -> Result<Self, String> {
        let mut prepared = Self { raw, parameters: Box::default(), connection: Arc::clone(connection) };
        if state != duckdb::DuckDBSuccess {
            // SAFETY: the handle is live or null; the message belongs to it and is copied.
            let message = unsafe { borrowed(duckdb::duckdb_prepare_error(raw)) };
            return Err(message.unwrap_or_else(|| "unknown error".to_owned()));
        }
        // SAFETY: the handle is live; names are given away as copies, and their indexes start at 1.
        prepared.parameters = unsafe {
            (1..=duckdb::duckdb_nparams(raw))
                .map(|index| owned(duckdb::duckdb_parameter_name(raw, index).cast_mut()))
                .map(Option::unwrap_or_default)
                .collect()
        };
        Ok(prepared)
    }

    /// Names of the parameters, by index.
    pub(crate) fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// The kind of value that the plan wants at an index of [`Prepared::parameters`], if it wants one. Only known until
    /// the statement runs.
    pub(crate) fn parameter_type(&self, index: usize) -> Option<TypeId> {
        // SAFETY: the handle is live and DuckDB checks the index.
        let raw = unsafe { duckdb::duckdb_param_type(self.raw, index as u64 + 1) };
        (raw != duckdb::DUCKDB_TYPE_DUCKDB_TYPE_INVALID).then(|| TypeId::from_raw(raw))
    }

    /// Names of the columns.
    pub(crate) fn columns(&self) -> Vec<String> {
        // SAFETY: the handle is live and the indexes are within its count; names are given away.
        unsafe {
            (0..duckdb::duckdb_prepared_statement_column_count(self.raw))
                .map(|index| owned(duckdb::duckdb_prepared_statement_column_name(self.raw, index).cast_mut()))
                .map(Option::unwrap_or_default)
                .collect()
        }
    }

    /// Types of the columns, as far as they are known before values are bound.
    pub(crate) fn column_types(&self) -> Vec<LogicalType> {
        // SAFETY: the handle is live and the indexes are within its count; types are given away.
        unsafe {
            (0..duckdb::duckdb_prepared_statement_column_count(self.raw))
                .map(|index| {
                    LogicalType::from_raw(duckdb::duckdb_prepared_statement_column_logical_type(
                        self.raw, index,
                    ))
                })
                .collect()
        }
    }

    /// What the statement may leave behind.
    pub(crate) fn kind(&self) -> StatementKind {
        // SAFETY: the handle is live.
        match unsafe { duckdb::duckdb_prepared_statement_type(self.raw) } {
            duckdb::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_SELECT => StatementKind::Query,
            duckdb::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_INSERT
            | duckdb::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_UPDATE
            | duckdb::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_DELETE
            | duckdb::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_MERGE_INTO => StatementKind::Rows,
            duckdb::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_CREATE
            | duckdb::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_ALTER
            | duckdb::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_DROP => StatementKind::Definition,
            _ => StatementKind::Other,
        }
    }

    /// Sets the parameter at an index of [`Prepared::parameters`].
    ///
    /// # Errors
    /// There is no such parameter.
    pub(crate) fn bind(&mut self, index: usize, value: &Parameter) -> Result<(), String> {
        let position = index as u64 + 1;
        // SAFETY: both handles are live; DuckDB copies the value and checks the index.
        let state = unsafe { duckdb::duckdb_bind_value(self.raw, position, value.raw()) };
        if state == duckdb::DuckDBSuccess {
            return Ok(());
        }
        // SAFETY: the handle is live; the message belongs to it and is copied.
        let message = unsafe { borrowed(duckdb::duckdb_prepare_error(self.raw)) };
        Err(message.unwrap_or_else(|| format!("Invalid Input Error: can't bind parameter {position}")))
    }

    /// Forgets all values, which may be large.
    pub(crate) fn unbind(&mut self) {
        // SAFETY: the handle is live; the call can only fail for a statement that failed to prepare.
        unsafe { duckdb::duckdb_clear_bindings(self.raw) };
    }

    /// Plans the query with the values bound, up to the point where it starts to read.
    ///
    /// # Errors
    /// DuckDB's message.
    pub(crate) fn start(&self) -> Result<Pending, String> {
        let mut raw = ptr::null_mut();
        // SAFETY: the handle is live, the place is ours.
        let state = unsafe { duckdb::duckdb_pending_prepared(self.raw, &raw mut raw) };
        Pending::new(raw, state, &self.connection)
    }
}

impl StatementKind {
    /// Whether it leaves nothing on its connection, and no other plan wrong.
    pub(crate) fn keeps_to_rows(self) -> bool {
        matches!(self, StatementKind::Query | StatementKind::Rows)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: the handle is ours; null is fine.
        unsafe { duckdb::duckdb_destroy_prepare(&raw mut self.raw) };
    }
}
