//! A look at results before any rule has changed them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mxcp_core::registry::{Output, Prepared};
use mxcp_core::value::Value;

/// Keeps the result of a call as its rules saw it first, for the author of the endpoint who runs it on a machine of their own;
/// never for callers. An engine leaves nothing out then that rules would drop. Clones are one.
#[derive(Clone, Default)]
pub struct Inspection(Arc<Mutex<Option<Value>>>);

impl Inspection {
    /// The result; none if the call was not made, or gave none of the shape that its endpoint declares.
    #[must_use]
    pub fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn see(&self, prepared: &Prepared, output: &Output) {
        let seen = prepared.unreleased(output.clone()).ok();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}

impl fmt::Debug for Inspection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Inspection")
    }
}
