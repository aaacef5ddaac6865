//! Which worker a call runs in.
//!
//! Processes are started when calls are there that no process is free for, so that calls one after the other run in
//! one process and find what the one before left in the variables of modules. A process runs one plain function at a
//! time. Functions that await run side by side, in the first process that is not busy with a plain one. Who finds no
//! place waits in order.

mod state;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use mxcp_runtime::ports::PythonError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use crate::worker::Worker;
use state::{State, Waiter};

/// Starts a worker.
pub(crate) trait Start: Send + Sync + 'static {
    /// A worker that is ready for calls, or why there is none, for people.
    fn start(self: Arc<Self>) -> Pin<Box<dyn Future<Output = Result<Arc<Worker>, String>> + Send>>;
}

/// How a call uses its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It has the main thread.
    Alone,
    /// It awaits together with others.
    Shared,
}

/// The workers.
pub(crate) struct Pool {
    state: Mutex<State>,
    start: Weak<dyn Start>,
    /// Starts that have not come to an end.
    starts: TaskTracker,
    runtime: Handle,
    this: Weak<Pool>,
}

/// A worker's place.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pool: Weak<Pool>,
    slot: usize,
    /// Which of the workers that had the place over time.
    epoch: u64,
}

/// The right to run a call in a worker, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    worker: Arc<Worker>,
    seat: Seat,
    usage: Use,
}

impl Pool {
    /// For up to `size` workers.
    pub(crate) fn new(size: usize, start: Weak<dyn Start>, runtime: Handle) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            state: Mutex::new(State::new(size.max(1))),
            start,
            starts: TaskTracker::new(),
            runtime,
            this: Weak::clone(this),
        })
    }

    /// A worker for one call, as soon as there is one.
    pub(crate) async fn lease(&self, usage: Use) -> Result<Lease, PythonError> {
        let (reply, receiver) = oneshot::channel();
        self.with(|state| {
            state.wait(Waiter { usage, reply });
            state.place(self, true);
        });
        match receiver.await {
            Ok(Ok(lease)) => Ok(lease),
            Ok(Err(message)) => Err(PythonError::Unavailable { message }),
            Err(_) => Err(PythonError::Cancelled),
        }
    }

    /// The workers that are ready.
    pub(crate) fn ready(&self) -> Vec<Arc<Worker>> {
        self.lock().ready().map(|(_, worker)| Arc::clone(worker)).collect()
    }

    /// Takes all workers away; nobody gets one any more. Those that are being started are waited for, as the project's own code may run in
    /// them already and wants to be told of the end, but no longer than `patience`.
    pub(crate) async fn close(&self, patience: Duration) -> Vec<Arc<Worker>> {
        self.with(State::close);
        self.starts.close();
        let _late = tokio::time::timeout(patience, self.starts.wait()).await;
        self.dissolve()
    }

    /// Whether nobody gets a worker any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }

    /// Takes all workers away; nobody gets one any more. One that is being started gets no place.
    pub(crate) fn dissolve(&self) -> Vec<Arc<Worker>> {
        let workers = self.ready();
        self.with(State::dissolve);
        workers
    }

    /// A worker started, or did not.
    fn started(&self, slot: usize, epoch: u64, outcome: Result<Arc<Worker>, String>) {
        self.with(|state| match outcome {
            Ok(worker) => {
                worker.seat(Seat { pool: Weak::clone(&self.this), slot, epoch });
                if !state.occupy(slot, epoch, &worker) {
                    // The project was stopped meanwhile.
                    worker.kill();
                }
                state.place(self, false);
            }
            Err(message) => {
                state.vacate(slot, epoch);
                state.place(self, false);
                state.despair(&message);
            }
        });
    }

    /// Begins to start a worker for a place.
    fn begin(&self, slot: usize, epoch: u64) {
        let (pool, start) = (Weak::clone(&self.this), self.start.upgrade());
        let starting = async move {
            let outcome = match start {
                Some(start) => start.start().await,
                None => Err("Python is stopped".to_owned()),
            };
            if let Some(pool) = pool.upgrade() {
                pool.started(slot, epoch, outcome);
            } else if let Ok(worker) = outcome {
                worker.kill();
            }
        };
        self.runtime.spawn(self.starts.track_future(starting));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something under the lock. Leases that nobody took are dropped after it, because that takes the lock too.
    fn with(&self, work: impl FnOnce(&mut State)) {
        let refused = {
            let mut state = self.lock();
            work(&mut state);
            state.take_refused()
        };
        drop(refused);
    }
}

impl Seat {
    /// The worker is no longer there for calls.
    pub(crate) fn leave(&self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.with(|state| {
                if state.vacate(self.slot, self.epoch) {
                    state.place(&pool, true);
                }
            });
        }
    }
}

impl Lease {
    /// The worker.
    pub(crate) fn worker(&self) -> &Arc<Worker> {
        &self.worker
    }

    /// Whether others may run beside the call.
    pub(crate) fn is_shared(&self) -> bool {
        self.usage == Use::Shared
    }

    /// From now on, it awaits together with others.
    pub(crate) fn share(mut self) -> Self {
        if self.usage == Use::Alone
            && let Some(pool) = self.seat.pool.upgrade()
        {
            self.usage = Use::Shared;
            pool.with(|state| {
                state.share(self.seat.slot, self.seat.epoch);
                state.place(&pool, false);
            });
        }
        self
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(pool) = self.seat.pool.upgrade() {
            pool.with(|state| {
                state.release(self.seat.slot, self.seat.epoch, self.usage);
                state.place(&pool, false);
            });
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pool").finish_non_exhaustive()
    }
}
