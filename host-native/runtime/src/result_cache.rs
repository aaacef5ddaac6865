//! Results that answer further calls.
//!
//! What is kept is what an implementation gave, before anything was validated, masked or left out for a caller: all of that is
//! done again for each call. A result is kept under a [`Key`] in which stands everything that it can depend on: the arguments,
//! and of the caller as much as the code that made it has come to know ([`Known`]). That is found out while the code runs, and
//! remembered of its endpoint.
//!
//! Of calls that ask the same at the same time one is made, and the others wait for it.

mod flight;
mod key;
mod weight;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mxcp_core::definition::{Endpoint, Kind};
use mxcp_core::registry::Output;
use tokio::sync::watch;

pub(crate) use self::flight::{Flight, Landing, Leader};
pub(crate) use self::key::{Key, Keys};
use crate::knowledge::Known;

/// A result may take this part of all the room at most, so that none pushes out all others.
const LARGEST: usize = 8;

/// Keeps results for some time, in so many bytes of memory.
#[derive(Debug)]
pub struct ResultCache {
    /// Whether results may be told to be the same for everybody.
    public: bool,
    state: Mutex<State>,
}

/// Which results may be used: those of one epoch know nothing of what was there in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

/// What a call that may be answered by an earlier one does.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It has its result.
    Hit(Arc<Kept>),
    /// It is made.
    Lead(Leader),
    /// It waits for one that is being made.
    Follow(Flight),
    /// It is made on its own: it began before everything was forgotten.
    Alone,
}

/// A result that is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    /// What the implementation gave.
    pub(crate) output: Output,
    /// When it is to be forgotten.
    pub(crate) expires: Instant,
    /// How often data had been changed when the implementation began.
    pub(crate) changes: u64,
}

#[derive(Debug)]
struct State {
    /// Most bytes.
    capacity: usize,
    bytes: usize,
    epoch: u64,
    /// Numbers uses, and whatever else is numbered.
    clock: u64,
    entries: HashMap<Key, Entry>,
    by_use: BTreeMap<u64, Key>,
    by_expiry: BTreeMap<(Instant, u64), Key>,
    flights: HashMap<Key, Departed>,
    /// What the code of endpoints has come to know in this epoch.
    known: HashMap<(Kind, String), Known>,
}

#[derive(Debug)]
struct Entry {
    kept: Arc<Kept>,
    bytes: usize,
    used: u64,
    /// Its number, by which those that expire at the same time are told apart.
    number: u64,
}

/// A call that is being made, for which others wait.
#[derive(Debug)]
struct Departed {
    number: u64,
    changes: u64,
    landing: watch::Receiver<Option<Landing>>,
}

impl ResultCache {
    /// Keeps results in at most so many bytes; nothing in none.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let state = State {
            capacity: usize::try_from(bytes).unwrap_or(usize::MAX),
            bytes: 0,
            epoch: 0,
            clock: 0,
            entries: HashMap::new(),
            by_use: BTreeMap::new(),
            by_expiry: BTreeMap::new(),
            flights: HashMap::new(),
            known: HashMap::new(),
        };
        Self { public: true, state: Mutex::new(state) }
    }

    /// The same, where callers have to say who they are: no result is told to be the same for everybody.
    #[must_use]
    pub fn behind_login(self) -> Self {
        Self { public: false, ..self }
    }

    /// Goes over to another number of bytes.
    pub fn resize(&self, bytes: u64) {
        let mut state = self.state();
        state.capacity = usize::try_from(bytes).unwrap_or(usize::MAX);
        state.make_room(0);
    }

    /// Forgets everything. Calls that are being made are not kept either.
    pub fn clear(&self) {
        let mut state = self.state();
        state.epoch += 1;
        state.bytes = 0;
        state.entries.clear();
        state.by_use.clear();
        state.by_expiry.clear();
        state.flights.clear();
        state.known.clear();
    }

    /// How many bytes the results take that are kept.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.state().bytes as u64
    }

    /// Whether results may be told to be the same for everybody.
    pub(crate) fn is_public(&self) -> bool {
        self.public
    }

    /// The epoch that it is; none where nothing is kept at all.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        let state = self.state();
        (state.capacity > 0).then_some(Epoch(state.epoch))
    }

    /// What the code of an endpoint has come to know of its callers.
    pub(crate) fn known(&self, endpoint: &Endpoint) -> Known {
        let state = self.state();
        state.known.get(&(endpoint.kind, endpoint.name.clone())).copied().unwrap_or_default()
    }

    /// What a call of an epoch does. `changes` says how often data has been changed.
    pub(crate) fn enter(self: &Arc<Self>, epoch: Epoch, key: Key, changes: u64, now: Instant) -> Turn {
        let mut state = self.state();
        if state.epoch != epoch.0 {
            return Turn::Alone;
        }
        state.expire(now);
        if let Some(kept) = state.find(&key, changes) {
            return Turn::Hit(kept);
        }
        match state.flights.get(&key).filter(|flight| flight.changes == changes) {
            Some(flight) => Turn::Follow(Flight::new(flight.landing.clone())),
            None => {
                let number = state.next();
                let (tell, landing) = watch::channel(None);
                state.flights.insert(key, Departed { number, changes, landing });
                Turn::Lead(Leader::new(Arc::clone(self), epoch, key, number, tell))
            }
        }
    }

    /// A call of an endpoint gave a result, which those get who wait under `flight` and those who come to `key`.
    fn keep(&self, epoch: Epoch, key: Key, kept: &Arc<Kept>, learnt: Option<(&Endpoint, Known)>) {
        let bytes = weight::of(&kept.output);
        let mut state = self.state();
        if state.epoch != epoch.0 {
            return;
        }
        if let Some((endpoint, known)) = learnt {
            let before = state.known.entry((endpoint.kind, endpoint.name.clone())).or_default();
            *before = known.max(*before);
        }
        if bytes <= state.capacity / LARGEST {
            state.insert(key, kept, bytes);
        }
    }

    /// Nobody waits under a key any more for the flight of a number.
    fn landed(&self, key: &Key, number: u64) {
        let mut state = self.state();
        if state.flights.get(key).is_some_and(|flight| flight.number == number) {
            state.flights.remove(key);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn find(&mut self, key: &Key, changes: u64) -> Option<Arc<Kept>> {
        let used = self.next();
        let entry = self.entries.get_mut(key)?;
        if entry.kept.changes != changes {
            self.remove(key);
            return None;
        }
        self.by_use.remove(&entry.used);
        entry.used = used;
        self.by_use.insert(used, *key);
        Some(Arc::clone(&entry.kept))
    }

    fn insert(&mut self, key: Key, kept: &Arc<Kept>, bytes: usize) {
        self.remove(&key);
        self.make_room(bytes);
        let number = self.next();
        self.by_use.insert(number, key);
        self.by_expiry.insert((kept.expires, number), key);
        self.entries.insert(key, Entry { kept: Arc::clone(kept), bytes, used: number, number });
        self.bytes += bytes;
    }

    fn remove(&mut self, key: &Key) {
        let Some(entry) = self.entries.remove(key) else { return };
        self.by_use.remove(&entry.used);
        self.by_expiry.remove(&(entry.kept.expires, entry.number));
        self.bytes -= entry.bytes;
    }

    /// Forgets what was not used for longest, until so many bytes more have room.
    fn make_room(&mut self, bytes: usize) {
        while self.bytes + bytes > self.capacity {
            let Some((_, key)) = self.by_use.first_key_value() else { return };
            let key = *key;
            self.remove(&key);
        }
    }

    /// Forgets what has been kept for long enough.
    fn expire(&mut self, now: Instant) {
        while let Some(((expires, _), key)) = self.by_expiry.first_key_value() {
            if *expires > now {
                return;
            }
            let key = *key;
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
