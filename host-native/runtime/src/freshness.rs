//! How long a result is good for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is known of a result's age once its call has ended. Copies are of the same call.
#[derive(Clone, Debug, Default)]
pub struct Freshness(Arc<Mutex<State>>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    recalled: bool,
    lasts: Option<Lasts>,
}

/// How long the result of a call may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasts {
    /// From now on.
    pub left: Duration,
    /// Whether it is the same for everybody, so that it may be kept for others than the caller.
    pub public: bool,
}

impl Freshness {
    /// Whether the result is that of an earlier call, or of one that was made at the same time.
    #[must_use]
    pub fn is_recalled(&self) -> bool {
        self.state().recalled
    }

    /// How long it may be used again; none if it is to be asked for anew each time.
    #[must_use]
    pub fn lasts(&self) -> Option<Lasts> {
        self.state().lasts
    }

    /// The result may be used again.
    pub(crate) fn set(&self, recalled: bool, lasts: Lasts) {
        *self.state() = State { recalled, lasts: Some(lasts) };
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
