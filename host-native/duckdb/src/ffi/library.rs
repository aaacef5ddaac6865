//! The library that all of this is.

use super::text::borrowed;

/// Its version, as in `v1.5.5`.
pub(crate) fn version() -> String {
    // SAFETY: it gives a text that lives as long as the library.
    unsafe { borrowed(duckdb::duckdb_library_version()) }.unwrap_or_default()
}
