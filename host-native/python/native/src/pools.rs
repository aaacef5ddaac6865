//! The threads of an engine.

use std::thread::available_parallelism;

use crate::threads::Threads;

/// Threads by what they do, so that short work never waits behind long.
#[derive(Debug)]
pub(crate) struct Pools {
    /// Run functions, hooks and imports.
    pub(crate) calls: Threads,
    /// Hand work to Python that is done at once: to begin a task of the loop, to take a call back, to tell an answer.
    pub(crate) aside: Threads,
}

impl Pools {
    /// No thread is running yet.
    pub(crate) fn new() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self {
            calls: Threads::new("python", (processors + 4).max(32)),
            aside: Threads::new("python-aside", 2),
        }
    }

    /// Ends all that is idle. What Python still holds of the engine does not keep it from that.
    pub(crate) fn close(&self) {
        self.calls.close();
        self.aside.close();
    }
}
