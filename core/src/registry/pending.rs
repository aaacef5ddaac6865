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
            let _ = write!(text, "\n{name}: {}", cut(&value.to_json_text()));
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

/// The beginning of a long text, and how long it is.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => {
            let shown = text.get(..end).unwrap_or_default();
            format!("{shown}… ({} characters)", text.chars().count())
        }
    }
}
