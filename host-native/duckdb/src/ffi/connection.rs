//! A connection, and the handle that interrupts it.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use super::database::Database;
use super::extracted::Extracted;
use super::function::{self, ScalarFunction};

/// A connection to a database. One thread at a time may use it.
#[derive(Debug)]
pub(crate) struct Connection {
    handle: Arc<Handle>,
    /// Keeps it from being shared between threads; they may hand it on.
    not_shared: PhantomData<Cell<()>>,
}

/// Interrupts what a connection runs, from any thread.
///
/// It keeps the connection open, so it must not outlive the query for long.
#[derive(Debug)]
pub(crate) struct Interrupter(Arc<Handle>);

/// The handle itself; disconnects when the last owner goes.
#[derive(Debug)]
pub(super) struct Handle {
    raw: duckdb::duckdb_connection,
    /// Closed after the connection.
    _database: Arc<Database>,
}

// SAFETY: other threads only interrupt (which sets an atomic flag) or drop the last reference, and DuckDB locks its
// client context for both; everything else goes through `Connection` and its statements, which one thread at a time uses:
// none of them is `Sync`, and whoever has a connection lends its statements only together with it.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    pub(super) fn raw(&self) -> duckdb::duckdb_connection {
        self.raw
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// DuckDB refuses, which only happens without memory.
    pub(crate) fn open(database: &Arc<Database>) -> Result<Self, String> {
        let mut raw = ptr::null_mut();
        // SAFETY: the database is open and kept so by the handle.
        let state = unsafe { duckdb::duckdb_connect(database.0, &raw mut raw) };
        if state != duckdb::DuckDBSuccess {
            return Err("can't connect to the database".to_owned());
        }
        let handle = Arc::new(Handle { raw, _database: Arc::clone(database) });
        Ok(Self { handle, not_shared: PhantomData })
    }

    /// What interrupts this connection.
    pub(crate) fn interrupter(&self) -> Interrupter {
        Interrupter::of(&self.handle)
    }

    /// The number DuckDB knows the connection by, which functions see while they run for it.
    pub(crate) fn id(&self) -> u64 {
        let mut context = ptr::null_mut();
        // SAFETY: the connection is open; the context is only asked for its number and destroyed.
        unsafe {
            duckdb::duckdb_connection_get_client_context(self.handle.raw, &raw mut context);
            let id = duckdb::duckdb_client_context_get_connection_id(context);
            duckdb::duckdb_destroy_client_context(&raw mut context);
            id
        }
    }

    /// Splits a source into statements without running any.
    ///
    /// # Errors
    /// DuckDB's message about the syntax.
    pub(crate) fn extract(&self, source: &str) -> Result<Extracted, String> {
        Extracted::parse(&self.handle, source)
    }

    /// Runs statements that give nothing, of the crate's own making.
    ///
    /// # Errors
    /// DuckDB's message.
    pub(crate) fn run(&self, source: &str) -> Result<(), String> {
        let mut statements = self.extract(source)?;
        while let Some(statement) = statements.prepare_next() {
            statement?.start()?.finish()?;
        }
        Ok(())
    }

    /// Defines a function for all connections of the database.
    ///
    /// # Errors
    /// DuckDB refuses it.
    pub(crate) fn define(&self, function: Arc<dyn ScalarFunction>) -> Result<(), String> {
        function::define(&self.handle, function)
    }
}

impl Interrupter {
    pub(super) fn of(connection: &Arc<Handle>) -> Self {
        Self(Arc::clone(connection))
    }

    /// Makes the running query fail with an interrupt; nothing happens if none runs.
    pub(crate) fn interrupt(&self) {
        // SAFETY: the connection is kept open by the handle, and interrupting is allowed from every thread.
        unsafe { duckdb::duckdb_interrupt(self.0.raw) };
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the last reference goes; statements of the connection hold one, so there are none left.
        unsafe { duckdb::duckdb_disconnect(&raw mut self.raw) };
    }
}
