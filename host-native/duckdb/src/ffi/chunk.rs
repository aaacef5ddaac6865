//! Some rows of a result, by columns.

use super::vector::Vector;

/// Up to a few thousand rows.
#[derive(Debug)]
pub(crate) struct Chunk(duckdb::duckdb_data_chunk);

impl Chunk {
    pub(super) fn from_raw(raw: duckdb::duckdb_data_chunk) -> Self {
        Self(raw)
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the handle is live.
        usize::try_from(unsafe { duckdb::duckdb_data_chunk_get_size(self.0) }).unwrap_or(0)
    }

    /// A column; none past the last.
    pub(crate) fn column(&self, index: usize) -> Option<Vector<'_>> {
        let index = index as u64;
        // SAFETY: the handle is live and the index is within its count; the vector is part of the chunk, which the
        // result's lifetime says, and has as many values as the chunk.
        unsafe {
            (index < duckdb::duckdb_data_chunk_get_column_count(self.0))
                .then(|| Vector::from_raw(duckdb::duckdb_data_chunk_get_vector(self.0, index), self.len()))
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and no vector of it is left.
        unsafe { duckdb::duckdb_destroy_data_chunk(&raw mut self.0) };
    }
}
