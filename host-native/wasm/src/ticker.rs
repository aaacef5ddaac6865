//! The clock by which calls make room for each other, and are stopped.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::Engine;

use crate::Error;

/// How long a component computes before others get their turn; also how late a call may notice that its time is over.
const TICK: Duration = Duration::from_millis(5);

/// Moves the epoch of an engine on while calls run, and sleeps while none does.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Debug, Default)]
struct Shared {
    /// Calls that run.
    running: AtomicUsize,
    /// Whether the thread sleeps until a call wakes it.
    asleep: AtomicBool,
}

/// That a call runs.
#[derive(Debug)]
pub(crate) struct Ticking<'a>(&'a Shared);

impl Ticker {
    /// A ticker for an engine. Its thread ends with the ticker.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(crate) fn start(engine: &Engine) -> Result<Self, Error> {
        let shared = Arc::<Shared>::default();
        let (watched, engine) = (Arc::downgrade(&shared), engine.weak());
        let begun = thread::Builder::new().name("component-clock".to_owned()).spawn(move || {
            while let Some(engine) = engine.upgrade() {
                if !tick(&watched, &engine) {
                    return;
                }
            }
        });
        let thread = begun.map_err(Error::Thread)?.thread().clone();
        Ok(Self { shared, thread })
    }

    /// Keeps the clock going until the guard is dropped.
    pub(crate) fn run(&self) -> Ticking<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.swap(false, Ordering::SeqCst) {
            self.thread.unpark();
        }
        Ticking(&self.shared)
    }
}

/// One step of the clock, or a sleep; gives whether there is still a ticker.
fn tick(shared: &Weak<Shared>, engine: &Engine) -> bool {
    let Some(alive) = shared.upgrade() else { return false };
    if alive.running.load(Ordering::SeqCst) > 0 {
        drop(alive);
        thread::sleep(TICK);
        engine.increment_epoch();
        return true;
    }
    // In this order, so that a call that begins now either is seen here or finds the thread asleep.
    alive.asleep.store(true, Ordering::SeqCst);
    let idle = alive.running.load(Ordering::SeqCst) == 0;
    drop(alive);
    if idle {
        thread::park();
    }
    true
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.thread.unpark();
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
