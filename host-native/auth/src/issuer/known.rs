//! Whose tokens came with a call a moment ago: the store is asked about a token once in a while, and not with every call.
//!
//! What this server ends is forgotten at once. What another server of the same store ends is good here for [`LIFE`] seconds at
//! most.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mxcp_core::call::Principal;

use crate::recent::Recent;
use crate::store::Digest;

/// How long a token is known, in seconds.
const LIFE: i64 = 2;

/// Most tokens that are known.
const MOST: usize = 10_000;

/// What calls need of a session.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Its id.
    pub(super) session: Arc<str>,
    /// What its tokens are good for.
    pub(super) resource: Arc<str>,
    /// Who logged in.
    pub(super) principal: Arc<Principal>,
}

/// Tokens and what is known of them.
#[derive(Debug)]
pub(super) struct KnownTokens {
    tokens: Recent<Known>,
    /// How often something was forgotten. What was read before that may be what was forgotten.
    forgotten: Mutex<u64>,
}

/// When something was read, as far as it matters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading(u64);

/// A session that changes or ends: it is forgotten when this is dropped, also if whoever asked for it does not wait.
#[derive(Debug)]
pub(super) struct Changing<'a> {
    known: &'a KnownTokens,
    session: String,
}

impl KnownTokens {
    pub(super) fn new() -> Self {
        Self { tokens: Recent::new(MOST), forgotten: Mutex::new(0) }
    }

    /// What is known of a token.
    pub(super) fn get(&self, token: &Digest, now: i64) -> Option<Known> {
        self.tokens.get(token, now)
    }

    /// To be called before the store is asked.
    pub(super) fn reading(&self) -> Reading {
        Reading(*self.count())
    }

    /// Knows a token for a while, and not beyond `end`, unless something was forgotten since the store was asked about it.
    pub(super) fn put(&self, reading: Reading, token: Digest, known: Known, now: i64, end: i64) {
        let count = self.count();
        if *count == reading.0 {
            self.tokens.put(token, known, end.min(now.saturating_add(LIFE)));
        }
    }

    /// To be held while a session changes or ends.
    pub(super) fn changing(&self, session: &str) -> Changing<'_> {
        Changing { known: self, session: session.to_owned() }
    }

    fn count(&self) -> MutexGuard<'_, u64> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        let mut count = self.known.count();
        *count = count.wrapping_add(1);
        self.known.tokens.retain(|known| *known.session != *self.session);
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::value::Value;
    use serde_json::json;

    use super::*;

    fn known(session: &str) -> Known {
        let user = Value::from_json(json!({ "user_id": session }));
        let principal = Arc::new(Principal::from_context(user, "test").unwrap());
        Known { session: session.into(), resource: "r".into(), principal }
    }

    fn token(number: u8) -> Digest {
        Digest([number; 32])
    }

    #[test]
    fn a_token_is_known_for_two_seconds_and_not_beyond_its_end() {
        let tokens = KnownTokens::new();
        tokens.put(tokens.reading(), token(1), known("a"), 100, 1000);
        tokens.put(tokens.reading(), token(2), known("b"), 100, 101);
        assert!(tokens.get(&token(1), 101).is_some() && tokens.get(&token(1), 102).is_none());
        assert!(tokens.get(&token(2), 100).is_some() && tokens.get(&token(2), 101).is_none());
    }

    #[test]
    fn what_changes_is_forgotten_with_all_its_tokens_and_nothing_else() {
        let tokens = KnownTokens::new();
        for (number, session) in [(1, "a"), (2, "a"), (3, "b")] {
            tokens.put(tokens.reading(), token(number), known(session), 100, 1000);
        }
        drop(tokens.changing("a"));
        assert!(tokens.get(&token(1), 100).is_none() && tokens.get(&token(2), 100).is_none());
        assert!(tokens.get(&token(3), 100).is_some());
    }

    #[test]
    fn what_was_read_before_a_change_is_not_known_after_it() {
        let tokens = KnownTokens::new();
        let reading = tokens.reading();
        drop(tokens.changing("a"));
        tokens.put(reading, token(1), known("a"), 100, 1000);
        assert!(tokens.get(&token(1), 100).is_none());
    }
}
