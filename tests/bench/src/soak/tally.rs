//! What was done, what came of it, and what the audit log has to know of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::sample::quantile;

/// How many failures are kept word by word.
const KEPT: usize = 100;

/// What those are told who wait for a reload for more than half a minute, and what that counts as.
const TRY_AGAIN: &str = "Service is reloading and taking longer than expected";
pub(super) const TOLD: &str = "told to try again";

/// Counts, for all who do something.
#[derive(Debug, Default)]
pub(super) struct Tally {
    state: Mutex<Counts>,
}

/// The counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// What was done and went as it has to, by kind.
    pub(super) right: BTreeMap<String, u64>,
    /// What went otherwise.
    pub(super) failed: u64,
    /// The first failures.
    pub(super) failures: Vec<String>,
    /// Records that there must be, by the kind and name of the operation, and those that there may be beyond.
    pub(super) records: BTreeMap<String, Bounds>,
    /// Seconds of the calls that were answered since the last window was taken.
    latencies: Vec<f64>,
}

/// How many records there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    /// So many at least.
    pub(super) sure: u64,
    /// So many more at most: calls that were cut off before anybody knows whether they began.
    pub(super) perhaps: u64,
}

/// A window of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// All that went right, since the start.
    pub(super) right: u64,
    /// All that did not.
    pub(super) failed: u64,
    /// Middle of the latencies in it, in seconds.
    pub(super) p50: f64,
    /// The latency that a hundredth exceed.
    pub(super) p99: f64,
}

impl Tally {
    /// Something went as it has to.
    pub(super) fn right(&self, kind: &str) {
        *self.state().right.entry(kind.to_owned()).or_default() += 1;
    }

    /// A call was answered, and took so long since.
    pub(super) fn answered(&self, kind: &str, since: Instant) {
        let seconds = since.elapsed().as_secs_f64();
        let mut state = self.state();
        *state.right.entry(kind.to_owned()).or_default() += 1;
        state.latencies.push(seconds);
    }

    /// Something went wrong, or was refused with the advice to try again.
    pub(super) fn failed(&self, what: &str, error: &anyhow::Error) {
        let mut state = self.state();
        if format!("{error:#}").contains(TRY_AGAIN) {
            *state.right.entry(TOLD.to_owned()).or_default() += 1;
            return;
        }
        state.failed += 1;
        if state.failures.len() < KEPT {
            let text: String = format!("{what}: {error:#}").chars().take(2000).collect();
            eprintln!("failed: {text}");
            state.failures.push(text);
        }
    }

    /// There is a record of this.
    pub(super) fn recorded(&self, operation: &str) {
        self.state().records.entry(operation.to_owned()).or_default().sure += 1;
    }

    /// There may be a record of this.
    pub(super) fn perhaps_recorded(&self, operation: &str) {
        self.state().records.entry(operation.to_owned()).or_default().perhaps += 1;
    }

    /// Ends a window.
    pub(super) fn window(&self) -> Window {
        let mut state = self.state();
        let mut latencies = std::mem::take(&mut state.latencies);
        let (right, failed) = (state.right.values().sum(), state.failed);
        drop(state);
        latencies.sort_by(f64::total_cmp);
        Window { right, failed, p50: quantile(&latencies, 0.5), p99: quantile(&latencies, 0.99) }
    }

    /// All counts as they are.
    pub(super) fn counts(&self) -> Counts {
        self.state().clone()
    }

    fn state(&self) -> MutexGuard<'_, Counts> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
