//! What the questions of a call are called.

use std::collections::{BTreeMap, BTreeSet};

use mxcp_runtime::ports::{AskError, Question, QuestionKind};

/// Most questions of a call.
const QUESTIONS: usize = 100;

/// Longest key, in bytes.
const LONGEST: usize = 200;

/// The keys of one call's questions, which are the same whenever the call is made again.
#[derive(Debug, Default)]
pub(super) struct Keys {
    used: BTreeSet<String>,
    /// How many questions of a kind had no key of their own.
    unnamed: BTreeMap<QuestionKind, usize>,
    /// How many times approval was asked for.
    approvals: usize,
}

impl Keys {
    /// The key of the next question: its own, or one by its kind and number.
    ///
    /// # Errors
    /// The key can't be one, or is another question's, or there are too many questions.
    pub(super) fn next(&mut self, question: &Question) -> Result<String, AskError> {
        let key = match &question.key {
            Some(key) if key.is_empty() || key.len() > LONGEST => {
                let problem = format!("the key of a question must have 1 to {LONGEST} bytes");
                return Err(AskError::Failed(problem));
            }
            Some(key) => key.clone(),
            None => {
                let number = self.unnamed.entry(question.kind).or_default();
                *number += 1;
                format!("{}-{number}", question.kind.capability())
            }
        };
        self.unused(key)
    }

    /// The key of the next question whether the call may run.
    ///
    /// # Errors
    /// There are too many questions.
    pub(super) fn approval(&mut self) -> Result<String, AskError> {
        self.approvals += 1;
        self.unused(format!("approval-{}", self.approvals))
    }

    fn unused(&mut self, key: String) -> Result<String, AskError> {
        if self.used.len() >= QUESTIONS {
            return Err(AskError::Failed(format!("a call may ask {QUESTIONS} questions")));
        }
        if !self.used.insert(key.clone()) {
            let problem = format!("there was a question with the key `{key}` before: each needs its own");
            return Err(AskError::Failed(problem));
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn question(key: Option<&str>, kind: QuestionKind) -> Question {
        Question { key: key.map(str::to_owned), kind, params: Value::Null }
    }

    #[test]
    fn questions_without_a_key_are_numbered_by_kind() {
        let mut keys = Keys::default();
        let mut next = |key, kind| keys.next(&question(key, kind)).unwrap();
        assert_eq!(next(None, QuestionKind::Elicitation), "elicitation-1");
        assert_eq!(next(None, QuestionKind::Sampling), "sampling-1");
        assert_eq!(next(Some("name"), QuestionKind::Elicitation), "name");
        assert_eq!(next(None, QuestionKind::Elicitation), "elicitation-2");
        assert_eq!(next(None, QuestionKind::Roots), "roots-1");
    }

    #[test]
    fn no_two_questions_share_a_key() {
        let mut keys = Keys::default();
        keys.next(&question(Some("a"), QuestionKind::Roots)).unwrap();
        let again = keys.next(&question(Some("a"), QuestionKind::Sampling));
        let problem = "there was a question with the key `a` before: each needs its own";
        assert_eq!(again, Err(AskError::Failed(problem.into())));
    }

    #[test]
    fn keys_and_their_number_are_bounded() {
        let mut keys = Keys::default();
        for key in ["", &"x".repeat(LONGEST + 1)] {
            assert!(keys.next(&question(Some(key), QuestionKind::Roots)).is_err());
        }
        for _ in 0..QUESTIONS {
            keys.next(&question(None, QuestionKind::Elicitation)).unwrap();
        }
        let problem = AskError::Failed("a call may ask 100 questions".into());
        assert_eq!(keys.next(&question(None, QuestionKind::Roots)), Err(problem));
    }
}
