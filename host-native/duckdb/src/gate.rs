//! Who is inside the database, and when it may be closed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mxcp_runtime::CallScope;
use mxcp_runtime::ports::SqlError;
use tokio::sync::Notify;

use crate::control::Control;

/// Whoever has a connection has passed the gate, and leaves it with the connection.
///
/// While the gate is shut others wait before it, except for those who belong to a call that is inside: a function that a
/// query computes may itself run SQL, and the query waits for it.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    /// For those who wait on threads: something has changed.
    changed: Condvar,
    /// For those who wait in futures: the last one has left.
    empty: Notify,
}

#[derive(Debug, Default)]
struct State {
    inside: Vec<Visitor>,
    next_ticket: u64,
    /// How many want it shut.
    shut: usize,
    closed: bool,
}

#[derive(Debug)]
struct Visitor {
    ticket: u64,
    scope: Option<Arc<CallScope>>,
    control: Arc<Control>,
}

/// The right to be inside; ends when dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    ticket: u64,
}

/// The gate is shut; until this is dropped.
#[derive(Debug)]
pub(crate) struct Shut(Arc<Gate>);

impl Gate {
    /// Goes in, and waits before if the gate is shut.
    ///
    /// # Errors
    /// The database is closed for good, or the work was taken back, of which [`Gate::wake`] tells those who wait.
    pub(crate) fn enter(
        self: &Arc<Self>,
        scope: Option<&Arc<CallScope>>,
        control: &Arc<Control>,
    ) -> Result<Pass, SqlError> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return Err(closed());
            }
            if control.is_cancelled() {
                return Err(SqlError::Cancelled);
            }
            if state.shut == 0 || scope.is_some_and(|scope| state.has_inside(scope)) {
                break;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.inside.push(Visitor { ticket, scope: scope.cloned(), control: Arc::clone(control) });
        Ok(Pass { gate: Arc::clone(self), ticket })
    }

    /// Lets those who wait look again whether their work was taken back.
    pub(crate) fn wake(&self) {
        // Under the lock, so that nobody is between looking and waiting.
        let _state = self.lock();
        self.changed.notify_all();
    }

    /// Shuts the gate.
    pub(crate) fn shut(self: &Arc<Self>) -> Shut {
        self.lock().shut += 1;
        Shut(Arc::clone(self))
    }

    /// Waits until nobody is inside. Only while the gate is shut does that mean anything.
    pub(crate) async fn empty(&self) {
        loop {
            let empty = self.empty.notified();
            if self.lock().inside.is_empty() {
                return;
            }
            empty.await;
        }
    }

    /// Takes back what runs, lets nobody in any more, and waits until all have left, but not longer than `patience`.
    pub(crate) fn close(&self, patience: Duration) {
        let start = Instant::now();
        let mut state = self.lock();
        state.closed = true;
        self.changed.notify_all();
        for visitor in &state.inside {
            visitor.control.cancel();
            // Also for functions that queries compute, which DuckDB waits for.
            visitor.scope.iter().for_each(|scope| scope.cancel.cancel());
        }
        while let Some(left) = patience.checked_sub(start.elapsed()).filter(|_| !state.inside.is_empty()) {
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether someone of the same call is inside.
    fn has_inside(&self, scope: &CallScope) -> bool {
        let mut scopes = self.inside.iter().filter_map(|visitor| visitor.scope.as_ref());
        scopes.any(|inside| inside.request_id == scope.request_id)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.inside.retain(|visitor| visitor.ticket != self.ticket);
        if state.inside.is_empty() {
            self.gate.empty.notify_waiters();
            self.gate.changed.notify_all();
        }
    }
}

impl Drop for Shut {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.shut = state.shut.saturating_sub(1);
        self.0.changed.notify_all();
    }
}

/// What those hear who come after the end.
pub(crate) fn closed() -> SqlError {
    SqlError::Unavailable { message: "the database is closed".to_owned() }
}
