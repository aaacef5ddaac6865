//! What a call asks its client while it runs.

use std::fmt;

use serde_json::Value as Json;

use super::BoxFuture;

/// Puts questions to the client of a call.
pub trait Ask: fmt::Debug + Send + Sync {
    /// Asks, and gives the client's answer: the `result` of the method, as MCP has it.
    ///
    /// The future does not borrow, so that it can be driven from any thread.
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<Json, AskError>>;
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What it is called among the questions of the call. None: by its kind and number, `elicitation-1`.
    pub key: Option<String>,
    /// What is asked for.
    pub kind: QuestionKind,
    /// Parameters of the method, as MCP has them.
    pub params: Json,
}

/// The methods by which servers ask clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuestionKind {
    /// `elicitation/create`: a person fills in a form.
    Elicitation,
    /// `sampling/createMessage`: the client's model writes a message.
    Sampling,
    /// `roots/list`: the folders that the client works on.
    Roots,
}

impl QuestionKind {
    /// All kinds.
    pub const ALL: [QuestionKind; 3] =
        [QuestionKind::Elicitation, QuestionKind::Sampling, QuestionKind::Roots];

    /// The method of MCP.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            QuestionKind::Elicitation => "elicitation/create",
            QuestionKind::Sampling => "sampling/createMessage",
            QuestionKind::Roots => "roots/list",
        }
    }

    /// The kind of a method.
    #[must_use]
    pub fn from_method(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.method() == method)
    }

    /// The capability by which clients say that they answer.
    #[must_use]
    pub fn capability(self) -> &'static str {
        match self {
            QuestionKind::Elicitation => "elicitation",
            QuestionKind::Sampling => "sampling",
            QuestionKind::Roots => "roots",
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The client does not answer such questions.
    #[error("the client does not support {}", .0.capability())]
    Unsupported(QuestionKind),
    /// The question was noted: the call has to end here, and is made again from its beginning once there is an answer.
    #[error("the answer comes with another request")]
    Deferred,
    /// The client refused, or its answer can't be used.
    #[error("{0}")]
    Failed(String),
    /// The call was taken back, or the client left.
    #[error("call was cancelled")]
    Cancelled,
}
