//! Where audit records go.

use std::fmt;

use mxcp_core::audit::AuditRecord;

/// Takes the record of each call. Must not block: the call waits for it.
pub trait AuditSink: fmt::Debug + Send + Sync {
    /// Whether anyone keeps the records: if not, none is made.
    fn enabled(&self) -> bool;

    /// Takes one record.
    fn record(&self, record: AuditRecord);
}

/// Forgets every record: auditing is off.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAudit;

impl AuditSink for NoAudit {
    fn enabled(&self) -> bool {
        false
    }

    fn record(&self, _record: AuditRecord) {}
}
