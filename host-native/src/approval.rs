//! Approval of calls on the command line.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::thread;

use mxcp_core::registry::{Approval, Unapproved};
use mxcp_runtime::ports::{Answer, ApprovalRequest, Approve, ApprovedBeforehand, AskError, BoxFuture};
use tokio::sync::oneshot;

use crate::ui;

/// Who approves calls that a policy asks about: whoever sits at the terminal, unless it was said beforehand.
pub(crate) fn approver(beforehand: bool) -> Arc<dyn Approve> {
    if beforehand { Arc::new(ApprovedBeforehand) } else { Arc::new(Terminal) }
}

/// Asks at the terminal, if there is one to read from and one to be read at.
#[derive(Debug)]
struct Terminal;

impl Approve for Terminal {
    fn approve(&self, request: ApprovalRequest) -> BoxFuture<'static, Result<Answer, AskError>> {
        Box::pin(async move {
            if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
                let problem = "there is no terminal to ask at, and no `--approve`";
                return Ok(Answer::Refused(Unapproved::Unanswered(problem.to_owned())));
            }
            // A thread of its own: nothing takes reading from a terminal back, and the program ends without it.
            let (tell, told) = oneshot::channel();
            thread::spawn(move || drop(tell.send(ui::confirm(&format!("{}\nApprove?", request.question)))));
            Ok(match told.await {
                Ok(Ok(true)) => Answer::Approved(Approval::Person),
                Ok(Ok(false)) => Answer::Refused(Unapproved::Declined),
                Ok(Err(error)) => Answer::Refused(Unapproved::Unanswered(error.to_string())),
                Err(_gone) => Answer::Refused(Unapproved::Dismissed),
            })
        })
    }
}
