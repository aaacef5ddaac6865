//! Why a call failed, for the caller.

use std::fmt;

use crate::definition::Kind;
use crate::delivery::TooLarge;

/// Why a call failed.
///
/// Its text is what the caller sees. Facts that don't concern the caller go to the operator's log instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// There is no such endpoint, or it is disabled or broken.
    #[error("Endpoint '{name}' not found in {kind}s")]
    UnknownEndpoint {
        /// Tool, resource or prompt.
        kind: Kind,
        /// The name asked for.
        name: String,
    },
    /// Arguments the endpoint can't take, all of them.
    #[error("{}", lines(.0))]
    InvalidArguments(Vec<ArgumentError>),
    /// An input rule denied the call before anything ran.
    #[error("Policy enforcement failed: {reason}")]
    InputDenied {
        /// The rule's reason, verbatim.
        reason: String,
    },
    /// An output rule held the result back.
    #[error("Output policy enforcement failed: {reason}")]
    OutputDenied {
        /// The rule's reason, verbatim.
        reason: String,
    },
    /// The implementation failed; the text is the engine's, `Failed to execute SQL: …`.
    #[error("{0}")]
    Execution(String),
    /// The result has not the rows and columns that `return` asks for.
    #[error("{0}")]
    Shape(String),
    /// The result is not what `return` promises.
    #[error("Output validation failed: {0}")]
    InvalidOutput(String),
    /// The result is more than may be shown, and can't be shown in parts.
    #[error("{0}")]
    TooLarge(Box<TooLarge>),
    /// The call took longer than it may.
    #[error("Execution timed out after {} s", seconds(*.milliseconds))]
    TimedOut {
        /// The limit.
        milliseconds: u64,
    },
    /// The caller took the call back, or left.
    #[error("Call was cancelled")]
    Cancelled,
    /// The call asks the client something and is to be made again with the answers. Hosts turn it into the questions.
    #[error("Call awaits input of the client")]
    AwaitsInput,
    /// The server has as many calls in hand as it takes.
    #[error("Server is busy: too many calls in flight, try again")]
    Overloaded,
    /// There were, or are, as many calls as there may be.
    #[error("{limit} limit exceeded: try again in {retry_after_seconds} s")]
    LimitExceeded {
        /// Which limit.
        limit: ExceededLimit,
        /// When a call may succeed at the earliest, in seconds from now.
        retry_after_seconds: u64,
    },
    /// A defect of mxcp itself; the operator's log has the details under the request id.
    #[error("Internal error (request {request_id})")]
    Internal {
        /// Id of the request.
        request_id: String,
    },
}

/// The limits that calls may exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceededLimit {
    /// That of calls in a time.
    Rate,
    /// That of calls at once.
    Concurrency,
}

/// What is wrong with one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    /// JSON pointer (RFC 6901) into the arguments: `/order/items/0`.
    pub pointer: String,
    /// One sentence with the path in words: `Error validating parameter 'order.items[0]': Expected integer, …`.
    pub message: String,
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl fmt::Display for ExceededLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ExceededLimit::Rate => "Rate",
            ExceededLimit::Concurrency => "Concurrency",
        })
    }
}

/// A time in seconds, with no more digits than it needs.
fn seconds(milliseconds: u64) -> String {
    let (whole, rest) = (milliseconds / 1000, milliseconds % 1000);
    match rest {
        0 => whole.to_string(),
        _ => format!("{whole}.{rest:03}").trim_end_matches('0').to_owned(),
    }
}

fn lines(errors: &[ArgumentError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_no_more_digits_than_it_needs() {
        let texts =
            [(50, "0.05"), (500, "0.5"), (1000, "1"), (1_250, "1.25"), (300_000, "300"), (1, "0.001")];
        for (milliseconds, text) in texts {
            let message = CallError::TimedOut { milliseconds }.to_string();
            assert_eq!(message, format!("Execution timed out after {text} s"));
        }
    }
}
