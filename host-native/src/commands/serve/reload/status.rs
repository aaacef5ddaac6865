//! How the reloads of a server stand.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::failed::Failed;
use super::request::{Request, Trigger};

/// How reloads stand. One does them; anybody may look.
#[derive(Debug, Default)]
pub(crate) struct Status(Mutex<State>);

/// What can be said of them at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// How many wait for their turn.
    pub(crate) queued: usize,
    /// Whether one is being done.
    pub(crate) in_progress: bool,
    /// Whether calls are held back for it.
    pub(crate) draining: bool,
    /// Whether there is nothing that calls could run on.
    pub(crate) down: bool,
    /// The last one.
    pub(crate) last: Option<Ended>,
    /// How many ended well since the start.
    pub(crate) succeeded: u64,
    /// How many did not.
    pub(crate) failed: u64,
}

/// A reload that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// What it was known by.
    pub(crate) id: Option<String>,
    /// Who wanted it.
    pub(crate) trigger: &'static str,
    /// When it ended.
    pub(crate) at: DateTime<Utc>,
    /// How long it took.
    pub(crate) took: Duration,
    /// Why it failed, if it did.
    pub(crate) error: Option<String>,
}

/// A reload that is being done.
#[derive(Debug)]
pub(super) struct Begun {
    id: Option<String>,
    trigger: &'static str,
    at: Instant,
}

impl Status {
    /// How they stand now.
    pub(crate) fn now(&self) -> State {
        self.state().clone()
    }

    /// One more waits.
    pub(super) fn queued(&self) {
        self.state().queued += 1;
    }

    /// It does not wait: nobody will do it.
    pub(super) fn refused(&self) {
        let mut state = self.state();
        state.queued = state.queued.saturating_sub(1);
    }

    /// One is begun. At no moment does it seem that nothing is left to be done.
    pub(super) fn begin(&self, request: &Request) -> Begun {
        let mut state = self.state();
        state.in_progress = true;
        // A signal stands in no queue.
        if !matches!(request.trigger, Trigger::Signal) {
            state.queued = state.queued.saturating_sub(1);
        }
        Begun { id: request.id.clone(), trigger: request.trigger.name(), at: Instant::now() }
    }

    /// Calls are held back, or no longer.
    pub(super) fn drains(&self, draining: bool) {
        self.state().draining = draining;
    }

    /// There is nothing to run calls on, or there is again.
    pub(super) fn is_down(&self, down: bool) {
        self.state().down = down;
    }

    /// It has ended.
    pub(super) fn end(&self, begun: Begun, failed: Option<&Failed>) -> Ended {
        let ended = Ended {
            id: begun.id,
            trigger: begun.trigger,
            at: Utc::now(),
            took: begun.at.elapsed(),
            error: failed.map(Failed::message),
        };
        let mut state = self.state();
        state.in_progress = false;
        state.draining = false;
        if failed.is_some() {
            state.failed += 1;
        } else {
            state.succeeded += 1;
        }
        state.last = Some(ended.clone());
        ended
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_reload_is_told_with_what_it_was_known_by() {
        let status = Status::default();
        status.queued();
        assert_eq!(status.now().queued, 1);
        let begun = status.begin(&Request { id: Some("a".to_owned()), trigger: Trigger::Admin });
        status.drains(true);
        assert_eq!(status.now().queued, 0);
        assert!(status.now().in_progress && status.now().draining && status.now().last.is_none());
        let failed = Failed::new("nothing is reloaded", "no");
        status.end(begun, Some(&failed));
        let state = status.now();
        assert!(!state.in_progress && !state.draining);
        let last = state.last.unwrap();
        assert_eq!((last.id.as_deref(), last.trigger), (Some("a"), "admin"));
        assert_eq!(last.error.as_deref(), Some("nothing is reloaded: no"));
        let begun = status.begin(&Request { id: None, trigger: Trigger::Signal });
        status.end(begun, None);
        let state = status.now();
        assert_eq!((state.succeeded, state.failed), (1, 1));
        assert_eq!(state.last.unwrap().error, None);
    }
}
