//! Who is asked whether a call may run, before it does.

use std::fmt;

use mxcp_core::registry::{Approval, Unapproved};
use mxcp_core::value::Value;

use super::{AskError, BoxFuture};

/// Puts the question of a policy to a person.
pub trait Approve: fmt::Debug + Send + Sync {
    /// Asks. The error [`AskError::Deferred`] says that the question was noted, and that the call is made again with its
    /// answer.
    ///
    /// The future does not borrow, so that it can be driven from any thread.
    fn approve(&self, request: ApprovalRequest) -> BoxFuture<'static, Result<Answer, AskError>>;
}

/// What is to be approved.
#[derive(Clone)]
pub struct ApprovalRequest {
    /// What the person is asked.
    pub question: String,
    /// What the approval is good for: an approval of anything else is none. Never shown, as what is sensitive is in it.
    pub subject: Value,
}

/// What a person says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The call may run.
    Approved(Approval),
    /// It may not: why.
    Refused(Unapproved),
}

/// Approves every call: whoever makes them said so beforehand.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApprovedBeforehand;

impl Approve for ApprovedBeforehand {
    fn approve(&self, _request: ApprovalRequest) -> BoxFuture<'static, Result<Answer, AskError>> {
        Box::pin(async { Ok(Answer::Approved(Approval::Beforehand)) })
    }
}

impl fmt::Debug for ApprovalRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApprovalRequest").field("question", &self.question).finish_non_exhaustive()
    }
}
