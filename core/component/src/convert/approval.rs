//! Answers of those who are asked to approve a call.

use mxcp_core::registry::{Approval, Unapproved};

use crate::bindings::exports::mxcp::core::registry as wit;

pub(crate) fn approval(by: wit::Approval) -> Approval {
    match by {
        wit::Approval::Person => Approval::Person,
        wit::Approval::Beforehand => Approval::Beforehand,
    }
}

pub(crate) fn unapproved(why: wit::Unapproved) -> Unapproved {
    match why {
        wit::Unapproved::Declined => Unapproved::Declined,
        wit::Unapproved::Dismissed => Unapproved::Dismissed,
        wit::Unapproved::Unsupported => Unapproved::Unsupported,
        wit::Unapproved::NobodyToAsk => Unapproved::NobodyToAsk,
        wit::Unapproved::Unanswered(why) => Unapproved::Unanswered(why),
    }
}
