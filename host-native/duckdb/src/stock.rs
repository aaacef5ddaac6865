//! Connections, lent and taken back.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mxcp_runtime::CallScope;
use mxcp_runtime::ports::SqlError;

use crate::Options;
use crate::control::Control;
use crate::gate::{Gate, Pass, Shut};
use crate::session::Session;
use crate::store::Store;

/// Longest time that queries which were taken back have to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lends connections, and keeps some of those that come back clean.
///
/// The one that came back last goes out first, so a light load stays on few connections, whose statements are prepared and
/// whose memory is warm.
#[derive(Debug)]
pub(crate) struct Stock {
    store: Arc<Store>,
    gate: Arc<Gate>,
    /// Most connections that are kept.
    most: usize,
    idle: Mutex<Vec<Session>>,
}

/// A connection on loan. It is closed when this is dropped, unless it is given back.
#[derive(Debug)]
pub(crate) struct Lease {
    /// The connection.
    pub(crate) session: Session,
    /// Left when the connection is closed.
    pass: Pass,
}

impl Stock {
    /// Connections to a database, none of which exists yet.
    pub(crate) fn new(options: Options) -> Self {
        let most = options.connections.max(1);
        Self { store: Arc::new(Store::new(options)), gate: Arc::default(), most, idle: Mutex::default() }
    }

    /// What the connections are made of.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// A clean connection for work of a call, or of nobody. Waits while the database is being closed, and opens it if need
    /// be.
    ///
    /// # Errors
    /// The database can't be opened, or is closed for good, or the work was taken back.
    pub(crate) fn lend(
        &self,
        scope: Option<&Arc<CallScope>>,
        control: &Arc<Control>,
    ) -> Result<Lease, SqlError> {
        let pass = self.gate.enter(scope, control)?;
        let session = match self.take() {
            Some(session) => session,
            None => self.store.connect(|| self.drop_idle())?,
        };
        Ok(Lease { session, pass })
    }

    /// Takes a connection back, and keeps it if it is clean.
    pub(crate) fn give_back(&self, lease: Lease) {
        let Lease { session, pass } = lease;
        if session.is_stale() {
            drop(session);
            // The file can't be opened anew while one of the others is left.
            self.drop_idle();
        } else if session.is_clean() {
            // What is not kept is closed after the lock.
            let _surplus = self.keep(session);
        } else {
            drop(session);
        }
        drop(pass);
    }

    /// Lets those who wait for a connection look again whether their work was taken back.
    pub(crate) fn wake(&self) {
        self.gate.wake();
    }

    /// Waits until no connection is lent. None is until the result is dropped, except to those who still have one.
    pub(crate) async fn quiet(&self) -> Shut {
        let shut = self.gate.shut();
        self.gate.empty().await;
        shut
    }

    /// Closes the file, while the stock is quiet, and forgets the functions.
    pub(crate) fn release(&self, quiet: Shut) {
        self.drop_idle();
        self.store.release();
        drop(quiet);
    }

    /// Takes back what runs, refuses what comes and closes the file.
    pub(crate) fn close(&self) {
        self.gate.close(PATIENCE);
        self.drop_idle();
        self.store.release();
    }

    fn take(&self) -> Option<Session> {
        let session = self.idle().pop()?;
        if session.is_stale() {
            drop(session);
            self.drop_idle();
            return None;
        }
        Some(session)
    }

    /// Keeps a connection, or gives it back if there are enough.
    fn keep(&self, session: Session) -> Option<Session> {
        let mut idle = self.idle();
        if idle.len() >= self.most || session.is_stale() {
            return Some(session);
        }
        idle.push(session);
        None
    }

    /// Closes all connections that are not lent.
    fn drop_idle(&self) {
        // Closed after the lock.
        let _idle = mem::take(&mut *self.idle());
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
