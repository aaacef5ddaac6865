//! Calls that nobody waits for any more.

use std::mem;
use std::time::Instant;

use mxcp_core::audit::AuditRecord;

use crate::notes::Notes;
use crate::ports::{AuditSink, CallFacts};

/// Records a call if whoever waits for it goes away while it runs, and nothing else would.
pub(super) struct Abandoned<'a, F: Fn() -> AuditRecord> {
    pub(super) record: F,
    pub(super) audit: &'a dyn AuditSink,
    pub(super) begun: Instant,
    pub(super) notes: &'a Notes,
}

impl<F: Fn() -> AuditRecord> Abandoned<'_, F> {
    /// It has ended in the usual way.
    pub(super) fn was_not(self) {
        mem::forget(self);
    }
}

impl<F: Fn() -> AuditRecord> Drop for Abandoned<'_, F> {
    fn drop(&mut self) {
        if self.audit.enabled() {
            let events = self.notes.take();
            let facts = CallFacts { duration: self.begun.elapsed(), events, ..CallFacts::default() };
            let _nobody_waits = self.audit.record((self.record)(), facts);
        }
    }
}
