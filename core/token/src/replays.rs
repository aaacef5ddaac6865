//! Which assertions were used.

use std::collections::{BTreeMap, BTreeSet};

/// Remembers the ids of assertions until they expire: each is good for one call.
#[derive(Debug)]
pub struct Replays {
    most: usize,
    used: BTreeMap<String, i64>,
    by_expiry: BTreeSet<(i64, String)>,
}

/// Why an assertion is not to be acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It was used before.
    #[error("the assertion was used before")]
    Replayed,
    /// Too many are remembered to tell whether it was.
    #[error("there are too many assertions at once")]
    Full,
}

impl Replays {
    /// Remembers up to `most` ids at once.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, used: BTreeMap::new(), by_expiry: BTreeSet::new() }
    }

    /// Uses an assertion up; it expires at `expires_at`. Times are in seconds since 1970.
    ///
    /// # Errors
    /// It was used before, or nobody could tell.
    pub fn admit(&mut self, id: &str, expires_at: i64, now: i64) -> Result<(), ReplayError> {
        self.forget(now);
        if self.used.contains_key(id) {
            return Err(ReplayError::Replayed);
        }
        if self.used.len() >= self.most {
            return Err(ReplayError::Full);
        }
        self.used.insert(id.to_owned(), expires_at);
        self.by_expiry.insert((expires_at, id.to_owned()));
        Ok(())
    }

    /// Forgets what has expired and would be refused for that.
    fn forget(&mut self, now: i64) {
        while self.by_expiry.first().is_some_and(|(expires_at, _)| *expires_at <= now) {
            if let Some((_, id)) = self.by_expiry.pop_first() {
                self.used.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_used_once_while_it_is_good() {
        let mut replays = Replays::new(10);
        assert_eq!(replays.admit("a", 60, 0), Ok(()));
        assert_eq!(replays.admit("a", 60, 59), Err(ReplayError::Replayed));
        assert_eq!(replays.admit("a", 99, 1), Err(ReplayError::Replayed));
        assert_eq!(replays.admit("b", 60, 59), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_comes_back() {
        let mut replays = Replays::new(2);
        assert_eq!(replays.admit("a", 10, 0), Ok(()));
        assert_eq!(replays.admit("b", 20, 0), Ok(()));
        assert_eq!(replays.admit("c", 20, 9), Err(ReplayError::Full));
        assert_eq!(replays.admit("b", 20, 9), Err(ReplayError::Replayed));
        assert_eq!(replays.admit("c", 20, 10), Ok(()));
        assert_eq!((replays.used.len(), replays.by_expiry.len()), (2, 2));
    }
}
