//! Calls that a person must approve before they run.

use mxcp_core::registry::{ExecutionError, Pending, Prepared, Reply, Unapproved};
use tokio_util::sync::CancellationToken;

use crate::ports::{Answer, ApprovalRequest, Approve, AskError};

/// Has a call approved: it may run, or its reply is why not. Nobody approves what nobody can be asked about.
pub(crate) async fn decide(
    pending: Pending,
    approver: Option<&dyn Approve>,
    cancel: &CancellationToken,
) -> Result<Prepared, Box<Reply>> {
    let Some(approver) = approver else { return Err(Box::new(pending.refused(&Unapproved::NobodyToAsk))) };
    let request = ApprovalRequest { question: pending.question(), subject: pending.subject() };
    let answer = tokio::select! {
        biased;
        answer = approver.approve(request) => answer,
        () = cancel.cancelled() => Err(AskError::Cancelled),
    };
    Err(Box::new(match answer {
        Ok(Answer::Approved(by)) => return Ok(pending.approved(by)),
        Ok(Answer::Refused(why)) => pending.refused(&why),
        Err(AskError::Unsupported(_)) => pending.refused(&Unapproved::Unsupported),
        Err(AskError::Failed(why)) => pending.refused(&Unapproved::Unanswered(why)),
        Err(AskError::Deferred) => pending.ended(ExecutionError::AwaitsInput),
        Err(AskError::Cancelled) => pending.ended(ExecutionError::Cancelled),
    }))
}
