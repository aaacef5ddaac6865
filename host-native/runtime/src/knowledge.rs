//! What the code of a call has come to know of whoever makes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Notes what the code of a call comes to know of its caller, so that what it gives is not given to another one.
///
/// Whoever hands something of the caller to code has to say so with [`Knowledge::learn`], before the code has it.
#[derive(Clone, Debug, Default)]
pub struct Knowledge(Arc<AtomicU8>);

/// How much is known; each is more than the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// Nothing: the result is the same whoever calls.
    #[default]
    Nothing,
    /// Who calls, through which door.
    Caller,
    /// That, and the headers and the session of the request.
    Request,
    /// What the client answered while the code ran: nobody else gets this result, not even the same caller once more.
    Answers,
}

impl Knowledge {
    /// The code is about to know so much.
    pub fn learn(&self, known: Known) {
        self.0.fetch_max(known as u8, Ordering::SeqCst);
    }

    /// How much it may know by now.
    #[must_use]
    pub fn known(&self) -> Known {
        match self.0.load(Ordering::SeqCst) {
            0 => Known::Nothing,
            1 => Known::Caller,
            2 => Known::Request,
            _ => Known::Answers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_unlearnt_and_copies_are_of_the_same_code() {
        let knowledge = Knowledge::default();
        assert_eq!(knowledge.known(), Known::Nothing);
        for known in [Known::Caller, Known::Request, Known::Answers] {
            knowledge.clone().learn(known);
            knowledge.learn(Known::Nothing);
            assert_eq!(knowledge.known(), known);
        }
    }
}
