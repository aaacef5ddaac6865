//! What was found out a moment ago.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::Digest;

/// Remembers what was found out about tokens, by their digests, for a while and not more than a number of them. What was not
/// asked for lately goes first.
#[derive(Debug)]
pub(crate) struct Recent<T> {
    half: usize,
    halves: Mutex<Halves<T>>,
}

/// When the young half is full it becomes the old one, and what was the old one is forgotten.
#[derive(Debug)]
struct Halves<T> {
    young: HashMap<Digest, Entry<T>>,
    old: HashMap<Digest, Entry<T>>,
}

#[derive(Debug)]
struct Entry<T> {
    value: T,
    /// When it is forgotten, in seconds since 1970.
    until: i64,
}

impl<T: Clone> Recent<T> {
    /// Remembers up to `most` things.
    pub(crate) fn new(most: usize) -> Self {
        let halves = Halves { young: HashMap::new(), old: HashMap::new() };
        Self { half: most.div_ceil(2), halves: Mutex::new(halves) }
    }

    /// What is known of a token now.
    pub(crate) fn get(&self, token: &Digest, now: i64) -> Option<T> {
        let mut halves = self.halves();
        if let Some(entry) = halves.young.get(token) {
            return (now < entry.until).then(|| entry.value.clone());
        }
        let entry = halves.old.remove(token).filter(|entry| now < entry.until)?;
        let value = entry.value.clone();
        self.insert(&mut halves, *token, entry);
        Some(value)
    }

    /// Remembers something until a time.
    pub(crate) fn put(&self, token: Digest, value: T, until: i64) {
        self.insert(&mut self.halves(), token, Entry { value, until });
    }

    /// Forgets what is not to be kept.
    pub(crate) fn retain(&self, keep: impl Fn(&T) -> bool) {
        let mut halves = self.halves();
        halves.young.retain(|_, entry| keep(&entry.value));
        halves.old.retain(|_, entry| keep(&entry.value));
    }

    fn insert(&self, halves: &mut Halves<T>, token: Digest, entry: Entry<T>) {
        if halves.young.len() >= self.half {
            halves.old = mem::take(&mut halves.young);
        }
        halves.young.insert(token, entry);
    }

    fn halves(&self) -> MutexGuard<'_, Halves<T>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Digest {
        Digest([number; 32])
    }

    #[test]
    fn things_are_known_until_their_time() {
        let recent = Recent::new(10);
        recent.put(key(1), "a", 100);
        assert_eq!(recent.get(&key(1), 99), Some("a"));
        assert_eq!(recent.get(&key(1), 100), None);
        assert_eq!(recent.get(&key(2), 0), None);
        recent.put(key(1), "b", 200);
        assert_eq!(recent.get(&key(1), 100), Some("b"));
    }

    #[test]
    fn what_is_not_to_be_kept_is_forgotten_wherever_it_is() {
        let recent = Recent::new(4);
        for number in 1..=4 {
            recent.put(key(number), number, 100);
        }
        recent.retain(|number| number % 2 == 0);
        assert_eq!([1, 2, 3, 4].map(|number| recent.get(&key(number), 0)), [None, Some(2), None, Some(4)]);
    }

    #[test]
    fn there_are_never_more_than_allowed_and_those_in_use_stay() {
        let recent = Recent::new(10);
        for number in 0..=255 {
            recent.put(key(number), number, 100);
            assert_eq!(recent.get(&key(0), 0), Some(0), "{number}");
            let halves = recent.halves();
            assert!(halves.young.len() + halves.old.len() <= 10);
        }
        assert_eq!(recent.get(&key(1), 0), None);
        assert_eq!(recent.get(&key(255), 0), Some(255));
    }
}
