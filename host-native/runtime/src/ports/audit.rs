//! Where audit records go.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use mxcp_core::audit::{AuditRecord, Status};
use mxcp_core::value::{Object, Value};
use tokio::sync::oneshot;

/// Takes the record of each call, and of what else happens. Never blocks the thread that it is called on.
pub trait AuditSink: fmt::Debug + Send + Sync {
    /// Whether anyone keeps the records: if not, none is made.
    fn enabled(&self) -> bool;

    /// Takes the record of a call, whatever becomes of what it gives: that is ready when the answer to the call may go out.
    fn record(&self, record: AuditRecord, facts: CallFacts) -> Kept;

    /// Takes what happened beside calls.
    fn event(&self, event: AuditEvent);
}

/// What only the pipeline knows of a call that ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallFacts {
    /// How long it took, waiting included.
    pub duration: Duration,
    /// What its code noted of it, in order: objects.
    pub events: Vec<Value>,
    /// Whether nothing was run for it: another call that asked the same had its result.
    pub recalled: bool,
}

/// Ready when the answer to a call may go out, as far as its record is concerned.
#[derive(Debug)]
pub struct Kept(Option<oneshot::Receiver<()>>);

impl Kept {
    /// The answer may go out.
    #[must_use]
    pub fn now() -> Self {
        Self(None)
    }

    /// The answer may go out when `kept` is sent to, or given up.
    #[must_use]
    pub fn when(kept: oneshot::Receiver<()>) -> Self {
        Self(Some(kept))
    }
}

impl Future for Kept {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            None => Poll::Ready(()),
            Some(kept) => Pin::new(kept).poll(context).map(|_| ()),
        }
    }
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

    fn record(&self, _record: AuditRecord, _facts: CallFacts) -> Kept {
        Kept::now()
    }

    fn event(&self, _event: AuditEvent) {}
}
