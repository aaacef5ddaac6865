//! Where audit records go.

use std::fmt;
use std::time::Duration;

use mxcp_core::audit::{AuditRecord, Status};
use mxcp_core::value::Object;

/// Takes the record of each call, and of what else happens. Waits for nobody but, where the operator wants that, for room
/// in its queue.
pub trait AuditSink: fmt::Debug + Send + Sync {
    /// Whether anyone keeps the records: if not, none is made.
    fn enabled(&self) -> bool;

    /// Takes the record of a call.
    fn record(&self, record: AuditRecord, facts: CallFacts);

    /// Takes what happened beside calls.
    fn event(&self, event: AuditEvent);
}

/// What only the pipeline knows of a call that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallFacts {
    /// How long it took, waiting included.
    pub duration: Duration,
}

/// What happened beside calls, and is recorded as they are.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Which part of the server it belongs to.
    pub kind: EventKind,
    /// What happened, as a name that stays: `login`, `reload`.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// Who did it, as far as that is proven.
    pub user_id: Option<String>,
    /// Why it failed. Nothing secret.
    pub error: Option<String>,
    /// What else there is to say. Nothing secret.
    pub details: Object,
}

/// A part of the server that things happen in beside calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Somebody proved, or failed to prove, who they are.
    Authentication,
    /// Somebody asked the server for something over its admin socket.
    Admin,
    /// The server itself: its start, its reloads, its end.
    Server,
}

/// Forgets every record: auditing is off.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAudit;

impl AuditSink for NoAudit {
    fn enabled(&self) -> bool {
        false
    }

    fn record(&self, _record: AuditRecord, _facts: CallFacts) {}

    fn event(&self, _event: AuditEvent) {}
}
