//! How a database is opened.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use mxcp_core::secret::Secrets;
use mxcp_core::site::Extension;

/// How a database is opened, and how much of the machine it may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database file; it and its folder are made if they don't exist.
    pub path: PathBuf,
    /// Whether DuckDB refuses every change.
    pub readonly: bool,
    /// Extensions every query may use; loaded once, installed if that fails.
    pub extensions: Vec<Extension>,
    /// Folder of extensions: of those put there as `<name>.duckdb_extension`, and of those that are installed; none:
    /// DuckDB's own.
    pub extension_folder: Option<PathBuf>,
    /// Credentials that every query may use, of whatever types.
    pub secrets: Secrets,
    /// Most queries at a time, each on a connection and a thread of its own; more wait. At least 1. What code runs within
    /// calls comes on top, on the threads of the calls.
    pub connections: usize,
    /// Threads that DuckDB may use for one query, the calling one included; none: [`Options::default_threads`].
    pub threads: Option<usize>,
}

impl Options {
    /// Reading and writing, without extensions and secrets, with `max(4, 2 x cores)` connections.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readonly: false,
            extensions: Vec::new(),
            extension_folder: None,
            secrets: Secrets::default(),
            connections: (2 * cores()).max(4),
            threads: None,
        }
    }

    /// One thread on machines of one or two cores, as many as cores on larger ones.
    ///
    /// The number is the database's, not a query's: DuckDB has no setting for one connection. With more than one
    /// thread, every step of a query wakes other threads, which wins nothing under load, as queries run beside each other
    /// anyway. Measured on two cores, requests per second with one and with two threads:
    ///
    /// | query | in flight | one | two |
    /// |---|---|---|---|
    /// | `SELECT $n + 1` | 1 | 13,800 | 11,900 |
    /// | | 16 | 21,600 | 14,500 |
    /// | 20,000 rows aggregated to 20 | 1 | 1,000 | 780 |
    /// | | 16 | 1,740 | 1,400 |
    ///
    /// With more cores there are idle ones to win for a long query, which is worth more than the microseconds a short
    /// one loses.
    #[must_use]
    pub fn default_threads() -> usize {
        match cores() {
            0..=2 => 1,
            more => more,
        }
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
