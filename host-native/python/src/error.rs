//! What becomes of a reply that has no result.

use mxcp_runtime::ports::PythonError;

use crate::frame;
use crate::message::Failed;
use crate::worker::Reply;

/// Why there is no result, for whoever called.
pub(crate) fn of_reply(reply: Reply) -> PythonError {
    match reply {
        Reply::Failed(Failed::Raised, text) => PythonError::Raised(text),
        Reply::Failed(Failed::Plugin, message) => PythonError::Unavailable { message },
        Reply::Failed(Failed::Input, _) => PythonError::AwaitsInput,
        Reply::Failed(Failed::Cancelled, _) => PythonError::Cancelled,
        Reply::Ended(ended) => {
            PythonError::Raised(format!("Python worker process ended unexpectedly ({})", ended.how))
        }
        Reply::TooLarge => {
            PythonError::Raised(format!("Arguments are larger than {} MiB", frame::LIMIT / 1024 / 1024))
        }
        Reply::Done { .. } => internal("a result is not what it should be"),
    }
}

/// A defect of the engine.
pub(crate) fn internal(what: &str) -> PythonError {
    PythonError::Internal(what.into())
}
