//! A call between its preparation and its execution, which waits for a person.

use std::fmt::Write as _;

use super::reply::Facts;
use super::{ExecutionError, Prepared, Reply};
use crate::call::CallError;
use crate::value::{Object, Value};

/// Most characters of an argument that a question shows: each is cut on its own, so that none can push others out of sight.
const SHOWN: usize = 500;

/// A call that a person must approve before it may run. Whoever can't ask anybody gives the reply of a refusal
/// ([`Pending::refused`]), which is what becomes of it by itself.
#[derive(Debug)]
pub struct Pending {
    prepared: Prepared,
    questions: Vec<String>,
}

/// Who approved a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// A person who was asked.
    Person,
    /// Whoever made the call said so beforehand, as `mxcp run --approve` does.
    Beforehand,
}

/// Why nobody approved a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unapproved {
    /// Whoever was asked said no.
    #[error("declined")]
    Declined,
    /// Whoever was asked did not answer.
    #[error("not approved: the question was dismissed")]
    Dismissed,
    /// The client puts no questions to people.
    #[error("not approved: the client does not support elicitation")]
    Unsupported,
    /// There is no way to ask anybody.
    #[error("not approved: nobody can be asked here")]
    NobodyToAsk,
    /// The question could not be put, or the answer not be understood.
    #[error("not approved: {0}")]
    Unanswered(String),
}

/// What was asked about a call, and who approved it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    reason: String,
    approval: Option<Approval>,
}

impl Asked {
    /// What the audit record says of it; none as long as nobody approved.
    pub(super) fn approved(&self) -> Option<String> {
        let by = match self.approval? {
            Approval::Person => "a person",
            Approval::Beforehand => "whoever made the call",
        };
        Some(format!("Approved by {by}: {}", self.reason))
    }

    /// Why approval is needed.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }
}

impl Pending {
    pub(super) fn new(mut prepared: Prepared, questions: Vec<String>) -> Self {
        prepared.facts_mut().asked = Some(Asked { reason: questions.join("; "), approval: None });
        Self { prepared, questions }
    }

    /// What a person is asked: the questions of the rules, and which call it is about. What is sensitive is not shown, nor
    /// is what comes from the caller.
    #[must_use]
    pub fn question(&self) -> String {
        let facts = self.prepared.facts();
        let mut text = self.questions.join("\n");
        let _ = write!(text, "\n\n{} `{}`", facts.kind(), facts.name());
        for (name, value) in facts.shown_arguments() {
            let _ = write!(text, "\n{name}: {}", shown(&value.to_json_text()));
        }
        text
    }

    /// What an approval is good for: this very call, with all its arguments as they will be used. For comparison only: what
    /// is sensitive is in it.
    #[must_use]
    pub fn subject(&self) -> Value {
        let facts = self.prepared.facts();
        Value::Array(vec![
            Value::string(facts.kind().as_str()),
            Value::string(facts.name()),
            Value::Object(Object::clone(facts.arguments())),
            Value::Array(self.questions.iter().map(Value::string).collect()),
        ])
    }

    /// The call may run.
    #[must_use]
    pub fn approved(mut self, by: Approval) -> Prepared {
        if let Some(asked) = &mut self.prepared.facts_mut().asked {
            asked.approval = Some(by);
        }
        self.prepared
    }

    /// The reply to a call that nobody approved.
    #[must_use]
    pub fn refused(self, why: &Unapproved) -> Reply {
        let facts: Facts = self.prepared.into_facts();
        let reason = format!("{} ({why})", self.questions.join("; "));
        Reply::refused(CallError::InputDenied { reason }, facts)
    }

    /// The reply to a call that ended while somebody was asked: it was taken back, or is made again with the answer.
    #[must_use]
    pub fn ended(self, why: ExecutionError) -> Reply {
        let facts = self.prepared.into_facts();
        let error = why.into_call_error(&facts.context.request_id);
        Reply::refused(error, facts)
    }
}

/// The beginning of a long text, and how long it is. What can't be seen is spelled out, as it could make people read another
/// text than the one that is used.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(SHOWN) {
        if is_invisible(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        let _ = write!(shown, "… ({} characters)", text.chars().count());
    }
    shown
}

/// Control characters, and those that change the direction of what is around them, end lines, or have no width.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(character, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_what_is_used() {
        assert_eq!(shown("\u{202e}gnp.exe\u{200b} \u{7f}é 龍"), "\\u{202e}gnp.exe\\u{200b} \\u{7f}é 龍");
        let long = shown(&"x".repeat(SHOWN + 7));
        assert!(long.ends_with("x… (507 characters)"), "{long}");
    }
}
