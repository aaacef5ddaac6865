//! What the pipeline needs from the world, as narrow traits. Adapters know their port; no port knows its adapters.

mod audit;
mod notify;
mod sql;

use std::future::Future;
use std::pin::Pin;

pub use audit::{AuditSink, NoAudit};
pub use notify::{LogLevel, LogMessage, Notify, OperatorLog, Progress};
pub use sql::{SqlCheck, SqlEngine, SqlError, SqlFinding, SqlRequest};

/// A boxed future, so that ports can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
