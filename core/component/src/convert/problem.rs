//! What can be wrong with what a host hands over, whatever it is for.

use mxcp_core::value::{Object, Value};

use crate::bindings::exports::mxcp::core::{listing, policy, registry};

/// What is wrong with a value of the host.
pub(crate) enum Problem {
    /// Text that must be JSON is not.
    Json(String),
    /// The user context can't be a caller.
    Principal(String),
}

impl From<Problem> for registry::Error {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Json(why) => Self::InvalidJson(why),
            Problem::Principal(why) => Self::InvalidPrincipal(why),
        }
    }
}

impl From<Problem> for listing::Error {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Json(why) => Self::InvalidJson(why),
            Problem::Principal(why) => Self::InvalidPrincipal(why),
        }
    }
}

impl From<Problem> for policy::Error {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Json(why) => Self::InvalidJson(why),
            Problem::Principal(why) => Self::InvalidPrincipal(why),
        }
    }
}

/// A value from its JSON text; `what` names it.
pub(crate) fn json(what: &str, text: &str) -> Result<Value, Problem> {
    Value::parse_json(text).map_err(|error| Problem::Json(format!("{what}: {error}")))
}

/// An object from its JSON text.
pub(crate) fn object(what: &str, text: &str) -> Result<Object, Problem> {
    match json(what, text)? {
        Value::Object(object) => Ok(object),
        _ => Err(Problem::Json(format!("{what}: must be an object"))),
    }
}
