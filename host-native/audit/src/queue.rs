//! Records on their way to whoever writes them.

use std::collections::VecDeque;
use std::mem;
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use crate::line::Entry;
use crate::log::Room;

/// A record that waits.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) entry: Entry,
    /// When the call ended.
    pub(crate) time: DateTime<Utc>,
    pub(crate) room: Option<Room>,
    /// Who waits until it is written.
    pub(crate) written: Option<oneshot::Sender<()>>,
}

/// That the log is to end.
#[derive(Debug)]
pub(crate) struct Closing {
    /// When a disk that takes nothing is waited for no longer.
    pub(crate) by: Instant,
    /// Is told how many records could not be written.
    pub(crate) left: Sender<u64>,
}

/// What waits to be written, and the bell of the thread that writes where nobody else does.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    closing: Option<Closing>,
    rung: bool,
    /// Nobody writes any more.
    ended: bool,
}

impl Queue {
    /// Takes a record; gives it back if nobody writes any more.
    pub(crate) fn push(&self, item: Item) -> Result<(), Item> {
        let mut state = self.state();
        if state.ended {
            return Err(item);
        }
        state.items.push_back(item);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.state().items.is_empty()
    }

    /// Moves what waits behind what is in `to`.
    pub(crate) fn take(&self, to: &mut VecDeque<Item>) {
        let mut state = self.state();
        if to.is_empty() {
            mem::swap(&mut state.items, to);
        } else {
            to.append(&mut state.items);
        }
    }

    /// Wakes the thread.
    pub(crate) fn ring(&self) {
        self.state().rung = true;
        self.bell.notify_one();
    }

    /// Waits until it is rung for, or until `patience` is over. Does not wait where something is left to do.
    pub(crate) fn wait(&self, patience: Duration) {
        let state = self.state();
        let idle = |state: &mut State| !state.rung && state.items.is_empty() && state.closing.is_none();
        let (mut state, _) =
            self.bell.wait_timeout_while(state, patience, idle).unwrap_or_else(PoisonError::into_inner);
        state.rung = false;
    }

    /// Has the log ended. Gives whether there is somebody to do so.
    pub(crate) fn close(&self, closing: Closing) -> bool {
        let mut state = self.state();
        let lives = !state.ended;
        if lives {
            state.closing = Some(closing);
        }
        drop(state);
        self.bell.notify_one();
        lives
    }

    /// When the log is to have ended, if it is to end.
    pub(crate) fn closes_by(&self) -> Option<Instant> {
        self.state().closing.as_ref().map(|closing| closing.by)
    }

    /// Ends it: nothing is taken any more. Gives what is left, and who is to be told how much that is.
    pub(crate) fn end(&self) -> (VecDeque<Item>, Option<Closing>) {
        let mut state = self.state();
        state.ended = true;
        (mem::take(&mut state.items), state.closing.take())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
