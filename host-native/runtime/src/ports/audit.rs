//! Where audit records go.

use std::fmt;

use mxcp_core::audit::AuditRecord;

/// Takes the record of each call. Must not block: the call waits for it.
pub trait AuditSink: fmt::Debug + Send + Sync {
    /// Takes one record.
    fn record(&self, record: AuditRecord);
}

/// Forgets every record: auditing is off.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAudit;

impl AuditSink for NoAudit {
    fn record(&self, _record: AuditRecord) {}
}
