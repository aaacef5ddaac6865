//! What the pipeline needs from the world, as narrow traits. Adapters know their port; no port knows its adapters.

mod ahead;
mod approve;
mod ask;
mod audit;
mod component;
mod function;
mod limiter;
mod notify;
mod python;
mod results;
mod sql;
mod telemetry;

use std::future::Future;
use std::pin::Pin;

pub use ahead::Ahead;
pub use approve::{Answer, ApprovalRequest, Approve, ApprovedBeforehand};
pub use ask::{Ask, AskError, Question, QuestionKind};
pub use audit::{AuditEvent, AuditSink, CallFacts, EventKind, Kept, NoAudit};
pub use component::{ComponentEngine, ComponentError, ComponentRequest};
pub use function::{Column, ColumnData, Results, SqlFunction, SqlType};
pub use limiter::{Demand, Exceeded, Limiter, Party, Place, Scope};
pub use notify::{LogLevel, LogMessage, Notify, OperatorLog, Progress};
pub use python::{
    Plugin, PythonEngine, PythonError, PythonFinding, PythonProblem, PythonProject, PythonRequest, Reload,
    ReloadPayload,
};
pub use results::{
    ColumnType, ExportColumn, ExportTable, ExportedFile, Exporter, Most, NewResult, Reading, ResultError,
    ResultStore, TableFormat, Ticket,
};
pub use sql::{
    ColumnKind, SqlCheck, SqlEngine, SqlError, SqlFinding, SqlParameters, SqlRequest, SqlSession, Table,
};
pub use telemetry::{
    Attribute, Attributes, CallTelemetry, CodeQuery, CodeSpan, Ending, Exception, Executed, Instrument,
    Measurement, Report, Subject, Telemetry, Work,
};

/// A boxed future, so that ports can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
