//! What a query gave.

use std::sync::Arc;

use super::chunk::Chunk;
use super::connection::Handle;
use super::logical_type::LogicalType;
use super::text::borrowed;

/// The result of a query.
#[derive(Debug)]
pub(crate) struct QueryResult {
    raw: duckdb::duckdb_result,
    /// Types and strings of a result belong to its connection's database.
    _connection: Arc<Handle>,
}

impl QueryResult {
    pub(super) fn new(
        raw: duckdb::duckdb_result,
        state: duckdb::duckdb_state,
        connection: &Arc<Handle>,
    ) -> Result<Self, String> {
        let mut result = Self {
            raw,
            _connection: Arc::clone(connection),
        };
        if state == duckdb::DuckDBSuccess {
            return Ok(result);
        }
        // SAFETY: the result is ours; the message belongs to it and is copied.
        let message = unsafe { borrowed(duckdb::duckdb_result_error(&raw mut result.raw)) };
        Err(message.unwrap_or_else(|| "unknown error".to_owned()))
    }

    /// Whether the statement is of a kind that has rows: a query, or a change with its count.
    pub(crate) fn has_rows(&self) -> bool {
        // SAFETY: the result is live.
        let kind = unsafe { duckdb::duckdb_result_return_type(self.raw) };
        kind == duckdb::duckdb_result_type_DUCKDB_RESULT_TYPE_QUERY_RESULT
            || kind == duckdb::duckdb_result_type_DUCKDB_RESULT_TYPE_CHANGED_ROWS
    }

    /// Names and types of the columns, as DuckDB has them.
    pub(crate) fn columns(&mut self) -> Vec<(String, LogicalType)> {
        let result = &raw mut self.raw;
        // SAFETY: the result is live and the indexes are within its count; names belong to it and are copied,
        // types are given away.
        unsafe {
            (0..duckdb::duckdb_column_count(result))
                .map(|index| {
                    let name = borrowed(duckdb::duckdb_column_name(result, index)).unwrap_or_default();
                    (
                        name,
                        LogicalType::from_raw(duckdb::duckdb_column_logical_type(result, index)),
                    )
                })
                .collect()
        }
    }

    /// The next rows; none at the end.
    pub(crate) fn next_chunk(&mut self) -> Option<Chunk> {
        // SAFETY: the result is live; the chunk is given away, null at the end.
        let raw = unsafe { duckdb::duckdb_fetch_chunk(self.raw) };
        (!raw.is_null()).then(|| Chunk::from_raw(raw))
    }
}

impl Drop for QueryResult {
    fn drop(&mut self) {
        // SAFETY: the result is ours and used nowhere else.
        unsafe { duckdb::duckdb_destroy_result(&raw mut self.raw) };
    }
}
