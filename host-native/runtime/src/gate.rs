//! Lets calls through, and stops them while what they run on is replaced.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Longest time that a call waits for a reload (spec `reload.md` section 5).
const PATIENCE: Duration = Duration::from_secs(30);

/// How long those inside who wait for a person may go on once the gate is shut: all others wait for them.
const GRACE: Duration = Duration::from_secs(5);

/// Counts the calls that run, and can be shut.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    /// Somebody left, or the gate was opened.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    shut: bool,
    /// It has been shut for so long that nobody may keep the others waiting for a person.
    pressing: bool,
    inside: usize,
}

/// A call that runs; leaves when dropped.
#[derive(Debug)]
pub(crate) struct Inside<'a>(&'a Gate);

/// A gate that is shut; opens when dropped.
#[derive(Debug)]
pub struct Shut(Arc<Gate>);

/// The gate stayed shut for longer than a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StaysShut;

impl Gate {
    /// Goes in, after waiting for the gate to be opened.
    pub(crate) async fn enter(&self) -> Result<Inside<'_>, StaysShut> {
        if let Some(inside) = self.try_enter() {
            return Ok(inside);
        }
        let waiting = async {
            loop {
                // Before looking, so that no opening is missed in between.
                let changed = self.changed.notified();
                if let Some(inside) = self.try_enter() {
                    return inside;
                }
                changed.await;
            }
        };
        timeout(PATIENCE, waiting).await.map_err(|_elapsed| StaysShut)
    }

    /// Shuts the gate and waits until nobody is inside any more, for so long at most. Gives whether that is so.
    ///
    /// Only one may do so at a time.
    pub async fn shut(self: &Arc<Self>, longest: Duration) -> (Shut, bool) {
        self.state().shut = true;
        let shut = Shut(Arc::clone(self));
        let empty = async {
            loop {
                let changed = self.changed.notified();
                if self.inside() == 0 {
                    return;
                }
                changed.await;
            }
        };
        let press = async {
            sleep(GRACE).await;
            self.state().pressing = true;
            self.changed.notify_waiters();
            std::future::pending::<()>().await;
        };
        let emptied = timeout(longest, async {
            tokio::select! {
                () = empty => {}
                () = press => {}
            }
        });
        let emptied = emptied.await.is_ok();
        (shut, emptied)
    }

    /// Resolves when somebody inside keeps others waiting for longer than a person may be waited for.
    ///
    /// It needs no runtime: questions are put from threads that know of none.
    pub(crate) async fn presses(&self) {
        loop {
            let changed = self.changed.notified();
            if self.state().pressing {
                return;
            }
            changed.await;
        }
    }

    /// How many calls run.
    #[must_use]
    pub fn inside(&self) -> usize {
        self.state().inside
    }

    fn try_enter(&self) -> Option<Inside<'_>> {
        let mut state = self.state();
        if state.shut {
            return None;
        }
        state.inside += 1;
        Some(Inside(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.inside -= 1;
        if state.shut && state.inside == 0 {
            self.0.changed.notify_waiters();
        }
    }
}

impl Drop for Shut {
    fn drop(&mut self) {
        {
            let mut state = self.0.state();
            (state.shut, state.pressing) = (false, false);
        }
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_shut_gate_waits_for_those_inside_and_holds_back_the_others() {
        let gate = Arc::new(Gate::default());
        let inside = gate.enter().await.unwrap();
        let shutting = {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.shut(Duration::from_secs(60)).await })
        };
        while !gate.state().shut {
            tokio::task::yield_now().await;
        }
        let entering = {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.enter().await.is_ok() })
        };
        tokio::task::yield_now().await;
        assert!(!entering.is_finished() && !shutting.is_finished());
        drop(inside);
        let (shut, emptied) = shutting.await.unwrap();
        assert!(emptied && !entering.is_finished());
        drop(shut);
        assert!(entering.await.unwrap());
        assert_eq!(gate.inside(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let gate = Arc::new(Gate::default());
        let inside = gate.enter().await.unwrap();
        let (shut, emptied) = gate.shut(Duration::from_secs(90)).await;
        assert!(!emptied);
        assert_eq!(gate.enter().await.err(), Some(StaysShut));
        drop((inside, shut));
        assert!(gate.enter().await.is_ok());
    }
    #[tokio::test(start_paused = true)]
    async fn those_inside_are_pressed_once_others_have_waited_and_only_then() {
        let gate = Arc::new(Gate::default());
        let inside = gate.enter().await.unwrap();
        let shutting = {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.shut(Duration::from_secs(90)).await })
        };
        assert!(timeout(GRACE / 2, gate.presses()).await.is_err());
        gate.presses().await;
        drop(inside);
        let (shut, emptied) = shutting.await.unwrap();
        assert!(emptied);
        drop(shut);
        assert!(timeout(2 * GRACE, gate.presses()).await.is_err(), "the next ones are not");
    }
}
