//! Taking a query back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ffi::Interrupter;

/// Takes one job back, from any thread.
///
/// A job is interrupted while it is the one its connection runs, and at no other time: [`Control::cancel`] sets the flag
/// first and interrupts second, under a lock that the job holds when it begins and ends. DuckDB forgets interrupts while
/// it plans, so the job looks at the flag once more after planning ([`Control::is_cancelled`]): an interrupt that came
/// too early for DuckDB is seen there, one that comes later is seen by DuckDB.
#[derive(Debug, Default)]
pub(crate) struct Control {
    cancelled: AtomicBool,
    running: Mutex<Option<Interrupter>>,
}

/// A job that runs on a connection; ends when dropped.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a Control);

/// Takes the job back when dropped, which does nothing to one that is done.
#[derive(Debug)]
pub(crate) struct CancelOnDrop(pub(crate) Arc<Control>);

impl Control {
    /// Takes the job back.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interrupter) = &*running {
            interrupter.interrupt();
        }
    }

    /// Whether the job was taken back.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// From here on cancelling interrupts the connection.
    pub(crate) fn begin(&self, interrupter: Interrupter) -> Running<'_> {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(interrupter);
        Running(self)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
