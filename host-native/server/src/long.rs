//! Results that are long lists.

use std::sync::{Arc, Mutex, PoisonError};

use mxcp_core::registry::Success;

/// Where the call of a request puts a result that is a long list, as part of the request's extensions: what the call gives is then
/// all around its items, and whoever answers writes these one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Long(Arc<Mutex<Option<Success>>>);

impl Long {
    /// Puts a result aside.
    pub(crate) fn put(&self, success: Success) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(success);
    }

    /// What was put aside, if anything was.
    pub(crate) fn take(&self) -> Option<Success> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
