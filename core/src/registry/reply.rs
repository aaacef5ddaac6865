//! The two halves of a call around its execution.

use crate::audit::AuditRecord;
use crate::call::CallError;
use crate::registry::{Output, Plan};
use crate::value::Value;

/// An allowed call, ready to run.
#[derive(Debug)]
pub struct Prepared {}

/// A call that must not run.
#[derive(Debug)]
pub struct Refusal {}

/// A finished call. There is no way to make one but through the core.
#[derive(Debug)]
pub struct Reply {
    result: Result<Success, CallError>,
    audit: AuditRecord,
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    /// The result, shaped, validated, and as the output policy lets it out.
    pub value: Value,
    /// Whether the endpoint declares a `return`: only then is there structured content.
    pub typed: bool,
}

/// Why an implementation failed, as the host tells the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionError {
    /// The engine's own message, complete: `Failed to execute SQL: …`.
    Failed(String),
    /// It took longer than it may.
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// The caller took the call back.
    Cancelled,
    /// A defect of the host; details are in its log.
    Internal,
}

impl Prepared {
    /// What to run.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        unreachable!()
    }

    /// Shapes and validates the output, applies the output policy, makes the audit record.
    #[must_use]
    pub fn finish(self, _outcome: Result<Output, ExecutionError>) -> Reply {
        unreachable!()
    }
}

impl Refusal {
    /// The reply to a call that must not run.
    #[must_use]
    pub fn into_reply(self) -> Reply {
        unreachable!()
    }
}

impl Reply {
    /// What the caller gets.
    ///
    /// # Errors
    /// Why the call failed.
    pub fn result(&self) -> Result<&Success, &CallError> {
        self.result.as_ref()
    }

    /// The record of the call.
    #[must_use]
    pub fn audit(&self) -> &AuditRecord {
        &self.audit
    }
}
