//! The database.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mxcp_core::call::{Headers, Principal};
use mxcp_core::definition::SqlText;
use mxcp_core::registry::Rows;
use mxcp_core::secret::Secrets;
use mxcp_core::value::Object;
use tokio_util::sync::CancellationToken;

use super::{BoxFuture, Notify};

/// Runs SQL for endpoints.
pub trait SqlEngine: fmt::Debug + Send + Sync {
    /// Runs all statements of a source and gives the rows of the last one. A source without any is rejected.
    ///
    /// Dropping the future interrupts the query, as does `request.cancel` or its timeout; the connection comes
    /// back clean in every case.
    fn execute(&self, request: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>>;

    /// Parses every statement of a source and binds those that can be bound without executing any.
    fn check(&self, source: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>>;

    /// Goes over to other credentials, for queries that begin afterwards.
    fn replace_secrets(&self, secrets: Secrets) -> BoxFuture<'_, Result<(), SqlError>>;
}

/// One execution.
#[derive(Debug)]
pub struct SqlRequest {
    /// What to run. Engines keep prepared statements by the identity of this `Arc`.
    pub source: Arc<SqlText>,
    /// Values by parameter name; all of them are bound.
    pub arguments: Arc<Object>,
    /// Who asks, for `get_username()` and its kin.
    pub principal: Option<Arc<Principal>>,
    /// Headers of the request, for `get_request_header()`.
    pub headers: Headers,
    /// Longest time it may take.
    pub timeout: Option<Duration>,
    /// Takes the query back.
    pub cancel: CancellationToken,
    /// Hears how far a source of several statements is, and what its SQL logs.
    pub notify: Arc<dyn Notify>,
}

/// What checking a source found.
#[derive(Clone, Debug, Default)]
pub struct SqlCheck {
    /// What is wrong, statement by statement.
    pub findings: Vec<SqlFinding>,
    /// Names of the `$parameters` of all statements, sorted, each once.
    pub parameters: Vec<String>,
    /// How many statements there are.
    pub statements: usize,
}

/// Something wrong with a source.
#[derive(Clone, Debug)]
pub struct SqlFinding {
    /// The database's message, first line first.
    pub message: String,
    /// Byte of the source it speaks of, if the database says.
    pub offset: Option<usize>,
}

/// Why SQL failed.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The database refused or failed; its own text, without prefix: `Parser Error: …`.
    #[error("{0}")]
    Rejected(String),
    /// It took longer than it may.
    #[error("query timed out after {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It was taken back.
    #[error("query was cancelled")]
    Cancelled,
    /// The database can't be opened.
    #[error("{message}")]
    Unavailable {
        /// What is wrong, with what to do about it.
        message: String,
    },
    /// A defect of the engine.
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
