//! Errors by class: all that metrics ever say of them, and spans unless the operator asks for more.

use mxcp_core::call::CallError;
use mxcp_core::registry::ExecutionError;
use mxcp_runtime::ports::SqlError;

/// The class of a call's error, as a word that stays.
pub(crate) fn of_call(error: &CallError) -> &'static str {
    match error {
        CallError::UnknownEndpoint { .. } => "unknown_endpoint",
        CallError::InvalidArguments(_) => "invalid_arguments",
        CallError::InputDenied { .. } | CallError::OutputDenied { .. } => "policy_denied",
        CallError::Execution(_) => "execution_failed",
        CallError::Shape(_) | CallError::InvalidOutput(_) => "invalid_output",
        CallError::TooLarge(_) => "result_too_large",
        CallError::TimedOut { .. } => "timeout",
        CallError::Cancelled => "cancelled",
        CallError::AwaitsInput => "input_required",
        CallError::Overloaded => "overloaded",
        CallError::LimitExceeded { .. } => "limit_exceeded",
        _ => "internal",
    }
}

/// The class of an engine's error, in the same words.
pub(crate) fn of_execution(error: &ExecutionError) -> &'static str {
    match error {
        ExecutionError::Failed(_) => "execution_failed",
        ExecutionError::TimedOut { .. } => "timeout",
        ExecutionError::Cancelled => "cancelled",
        ExecutionError::AwaitsInput => "input_required",
        ExecutionError::Overloaded => "overloaded",
        ExecutionError::LimitExceeded { .. } => "limit_exceeded",
        ExecutionError::Internal => "internal",
    }
}

/// The class of a database's error, in the same words, and its text, if it has one of its own.
pub(crate) fn of_sql(error: &SqlError) -> (&'static str, Option<&str>) {
    match error {
        SqlError::Rejected(text) => ("execution_failed", Some(text)),
        SqlError::TimedOut(_) => ("timeout", None),
        SqlError::Cancelled => ("cancelled", None),
        SqlError::Unavailable { .. } => ("execution_failed", None),
        SqlError::Internal(_) => ("internal", None),
    }
}

/// The text of an engine's error, if it has one of its own.
pub(crate) fn text(error: &ExecutionError) -> Option<&str> {
    match error {
        ExecutionError::Failed(text) => Some(text),
        _ => None,
    }
}

/// A call that asks the client something has not failed: it is made again.
pub(crate) const INPUT_REQUIRED: &str = "input_required";

/// The class of a call that nobody waited for.
pub(crate) const ABANDONED: &str = "cancelled";
