//! Taking a query back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ffi::Interrupter;

/// Takes work back, from any thread: one job, or all that a session runs and will run.
///
/// Work is interrupted while it is what its connection runs, and at no other time: [`Control::cancel`] sets the flag
/// first and interrupts second, under a lock that the work holds when it begins and ends. DuckDB forgets interrupts while
/// it plans, so the work looks at the flag once more after planning ([`Control::is_cancelled`]): an interrupt that came
/// too early for DuckDB is seen there, one that comes later is seen by DuckDB.
#[derive(Debug, Default)]
pub(crate) struct Control {
    cancelled: AtomicBool,
    begun: AtomicU64,
    running: Mutex<Vec<(u64, Interrupter)>>,
}

/// Work that runs on a connection; ends when dropped.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    control: &'a Control,
    number: u64,
}

/// Takes the work back when dropped, which does nothing to work that is done.
#[derive(Debug)]
pub(crate) struct CancelOnDrop(pub(crate) Arc<Control>);

impl Control {
    /// Takes the work back.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        for (_, interrupter) in &*self.running() {
            interrupter.interrupt();
        }
    }

    /// Whether the work was taken back.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// From here on cancelling interrupts the connection.
    pub(crate) fn begin(&self, interrupter: Interrupter) -> Running<'_> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        self.running().push((number, interrupter));
        Running { control: self, number }
    }

    fn running(&self) -> MutexGuard<'_, Vec<(u64, Interrupter)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.control.running().retain(|(number, _)| *number != self.number);
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
