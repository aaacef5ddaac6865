//! Threads that run Python.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use pyo3::prelude::*;

/// Bytes of stack; only what is touched becomes memory.
const STACK: usize = 16 * 1024 * 1024;

/// How long the only thread that is awake looks for more to do before it sleeps: waking it takes longer than most functions.
pub(crate) const ALERT: Duration = Duration::from_micros(40);

/// How many threads may be stuck in calls that nobody waits for, beside those that count.
const MOST_LOST: usize = 256;

/// Threads of all pools that there are.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Something to do with Python.
pub(crate) type Job = Box<dyn for<'py> FnOnce(Python<'py>) + Send>;

/// A pool of threads. Each stays known to Python as the same thread for as long as it lives, so that `threading.local` keeps
/// what it holds; while it waits it does not hold the interpreter.
///
/// The thread that became idle last is the first to go on: its memory is still in the caches.
#[derive(Debug)]
pub(crate) struct Threads {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    name: &'static str,
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    idle: Vec<Arc<Seat>>,
    /// Threads that there are.
    alive: usize,
    /// Those of them that run what nobody waits for any more.
    lost: usize,
    /// How many were ever made.
    made: usize,
    closed: bool,
}

/// Where an idle thread waits.
#[derive(Default)]
struct Seat {
    next: Mutex<Option<Next>>,
    /// Whether there is something in `next`.
    given: AtomicBool,
    called: Condvar,
}

enum Next {
    Run(Job),
    End,
}

impl Threads {
    /// No thread yet; at most `limit` that count.
    pub(crate) fn new(name: &'static str, limit: usize) -> Self {
        Self { shared: Arc::new(Shared { name, limit, state: Mutex::default() }) }
    }

    /// Has a thread do something, as soon as one is free. What is never done is dropped.
    ///
    /// # Errors
    /// There is no thread and none can be started.
    pub(crate) fn submit(&self, job: Job) -> io::Result<()> {
        self.shared.submit(job)
    }

    /// Ends the threads that are idle, and the others once nothing waits for them; forgets what comes.
    pub(crate) fn close(&self) {
        let mut state = self.shared.state();
        state.closed = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        for seat in idle {
            seat.give(Next::End);
        }
    }

    /// Counts a thread that runs something no longer, since nobody knows when it comes back: another takes its place.
    pub(crate) fn lose(&self) {
        self.shared.lose();
    }

    /// Counts a thread again that was lost, because it came back. To be called by what it ran, at its end.
    pub(crate) fn find(&self) {
        let mut state = self.shared.state();
        state.lost = state.lost.saturating_sub(1);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(self: &Arc<Self>, job: Job) -> io::Result<()> {
        let mut state = self.state();
        if state.closed {
            return Ok(());
        }
        if let Some(seat) = state.idle.pop() {
            drop(state);
            seat.give(Next::Run(job));
            return Ok(());
        }
        state.waiting.push_back(job);
        if let Err(error) = self.grow(&mut state) {
            if state.alive > state.lost {
                tracing::warn!(%error, "can't start another thread for Python");
                return Ok(());
            }
            let job = state.waiting.pop_back();
            drop(state);
            drop(job);
            return Err(error);
        }
        Ok(())
    }

    fn lose(self: &Arc<Self>) {
        let mut state = self.state();
        state.lost += 1;
        if !state.closed
            && let Err(error) = self.grow(&mut state)
        {
            tracing::warn!(%error, "can't start another thread for Python");
        }
    }

    /// Starts a thread if something waits for one and there may be another.
    fn grow(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        if state.waiting.is_empty()
            || state.alive - state.lost.min(state.alive) >= self.limit
            || state.alive >= self.limit + MOST_LOST
        {
            return Ok(());
        }
        let shared = Arc::clone(self);
        let name = format!("{}-{}", self.name, state.made);
        thread::Builder::new().name(name).stack_size(STACK).spawn(move || {
            let _alive = Alive::begin();
            // Fails only when the interpreter goes down, and then there is nothing left to do.
            let _ended = Python::try_attach(|py| shared.work(py));
        })?;
        state.alive += 1;
        state.made += 1;
        Ok(())
    }

    /// The life of a thread.
    fn work(&self, py: Python<'_>) {
        let seat = Arc::<Seat>::default();
        while let Some(job) = py.detach(|| self.next(&seat)) {
            // What panics loses its answer, and the thread goes on.
            let _panic = catch_unwind(AssertUnwindSafe(|| job(py)));
        }
    }

    /// What a thread does next; none if it is to end.
    fn next(&self, seat: &Arc<Seat>) -> Option<Job> {
        let mut state = self.state();
        let too_many = state.alive - state.lost.min(state.alive) > self.limit;
        if !too_many && let Some(job) = state.waiting.pop_front() {
            return Some(job);
        }
        if too_many || state.closed {
            state.alive -= 1;
            return None;
        }
        state.idle.push(Arc::clone(seat));
        let alert = if state.idle.len() == state.alive { ALERT } else { Duration::ZERO };
        drop(state);
        match seat.wait(alert) {
            Next::Run(job) => Some(job),
            Next::End => {
                self.state().alive -= 1;
                None
            }
        }
    }
}

impl Seat {
    fn give(&self, next: Next) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
        self.given.store(true, Ordering::Release);
        self.called.notify_one();
    }

    /// Waits, awake for the time of `alert`.
    fn wait(&self, alert: Duration) -> Next {
        let begin = Instant::now();
        while !alert.is_zero() && !self.given.load(Ordering::Acquire) && begin.elapsed() < alert {
            std::hint::spin_loop();
        }
        self.given.store(false, Ordering::Release);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(next) = next.take() {
                return next;
            }
            next = self.called.wait(next).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("State");
        shown.field("waiting", &self.waiting.len()).field("idle", &self.idle.len());
        shown.field("alive", &self.alive).field("lost", &self.lost).finish_non_exhaustive()
    }
}

/// Code of this module on the stack of a thread that Python does not wait for at its end.
///
/// Python ends such threads by force when they come back to it, which code of Rust does not survive.
#[derive(Debug)]
pub(crate) struct Alive(());

impl Alive {
    /// From here on, until it is dropped.
    pub(crate) fn begin() -> Self {
        ALIVE.fetch_add(1, Ordering::AcqRel);
        Self(())
    }

    /// Waits until there is none; gives whether that is so.
    pub(crate) fn none_within(time: Duration) -> bool {
        let begin = Instant::now();
        loop {
            if ALIVE.load(Ordering::Acquire) == 0 {
                return true;
            }
            if begin.elapsed() >= time {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::AcqRel);
    }
}
