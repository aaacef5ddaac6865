//! Ids of requests that are being answered.
//!
//! rmcp sends an answer to whoever used its id last: of two requests with one id, one would wait for ever.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::RequestId;

/// The ids of a session that are taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids(Arc<Mutex<HashSet<RequestId>>>);

/// An id that is one request's alone, until that is answered or nobody has the claim any more.
#[derive(Debug)]
pub(super) struct Claim {
    ids: Ids,
    id: RequestId,
    released: AtomicBool,
}

impl Ids {
    /// Takes an id; none if another request has it.
    pub(super) fn claim(&self, id: &RequestId) -> Option<Arc<Claim>> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        fresh.then(|| Arc::new(Claim { ids: self.clone(), id: id.clone(), released: AtomicBool::new(false) }))
    }
}

impl Claim {
    /// Gives the id back: its request is answered.
    pub(super) fn release(&self) {
        // Once only, as it may be another request's by now.
        if !self.released.swap(true, Ordering::Relaxed) {
            self.ids.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_free_again_when_its_request_is_answered_or_nobody_has_it() {
        let ids = Ids::default();
        let id = RequestId::Number(1);
        let first = ids.claim(&id).unwrap();
        assert!(ids.claim(&id).is_none());
        assert!(ids.claim(&RequestId::String("1".into())).is_some());
        first.release();
        let second = ids.claim(&id).unwrap();
        drop(first);
        assert!(ids.claim(&id).is_none(), "it is the second one's now");
        drop(second);
        assert!(ids.claim(&id).is_some());
    }
}
