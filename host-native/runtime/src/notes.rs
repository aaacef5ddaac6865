//! What code notes of the call that it runs in.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use mxcp_core::value::Value;

/// Most notes of one call; what comes after them is not kept.
const MOST: usize = 1000;

/// What code notes of the call that it runs in, for the record of the call.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Vec<Value>>>);

impl Notes {
    /// Notes something: an object.
    pub fn add(&self, note: Value) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MOST {
            notes.push(note);
        }
    }

    /// What was noted since this was last asked.
    #[must_use]
    pub fn take(&self) -> Vec<Value> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_taken_once_and_are_not_too_many() {
        let notes = Notes::default();
        (0..2000).for_each(|_| notes.clone().add(Value::Null));
        assert_eq!((notes.take().len(), notes.take().len()), (MOST, 0));
    }
}
