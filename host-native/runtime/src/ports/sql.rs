//! The database.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mxcp_core::definition::SqlText;
use mxcp_core::policy::RowTest;
use mxcp_core::registry::Rows;
use mxcp_core::secret::Secrets;
use mxcp_core::value::{Object, Value};

use super::{BoxFuture, SqlFunction};
use crate::scope::CallScope;

/// Runs SQL for endpoints.
pub trait SqlEngine: fmt::Debug + Send + Sync {
    /// Runs all statements of a source and gives the rows of the last one. A source without any is rejected.
    ///
    /// Dropping the future interrupts the query, as does `request.scope.cancel` or its timeout; the connection comes
    /// back clean in every case.
    fn execute(&self, request: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>>;

    /// Parses every statement of a source and binds those that can be bound without executing any.
    fn check(&self, source: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>>;

    /// Goes over to other credentials, for queries that begin afterwards.
    fn replace_secrets(&self, secrets: Secrets) -> BoxFuture<'_, Result<(), SqlError>>;

    /// Defines functions for every query from now on, until [`SqlEngine::release`].
    fn define(&self, functions: Vec<Arc<dyn SqlFunction>>) -> BoxFuture<'_, Result<(), SqlError>>;

    /// A session for code that runs SQL of its own within a call. It connects when it is first used.
    fn session(&self, scope: Arc<CallScope>) -> Arc<dyn SqlSession>;

    /// Waits for what runs, closes the file and forgets the functions. Whatever is asked next opens the file again.
    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>>;

    /// How many statements have been run that may have changed data: what was read before the last of them may be outdated.
    /// Always 0 if nobody counts.
    fn changes(&self) -> u64 {
        0
    }
}

/// SQL that code runs in the course of one call, statement after statement.
///
/// What a statement leaves on the connection, as a transaction or a temporary table, is there for the next one, and gone
/// with the session.
pub trait SqlSession: fmt::Debug + Send + Sync {
    /// Runs all statements of a text and gives the rows of the last; none if there is no statement. Blocks the thread until
    /// then. Used from several threads at once, it gives each a connection.
    ///
    /// # Errors
    /// The database refuses or fails, or the session was interrupted.
    fn execute(&self, text: &str, parameters: &SqlParameters) -> Result<Table, SqlError>;

    /// Runs one query that changes nothing: no table, no sequence, no setting, no file. Anything else is rejected. Otherwise as
    /// [`SqlSession::execute`].
    ///
    /// # Errors
    /// As [`SqlSession::execute`].
    fn read(&self, text: &str, parameters: &SqlParameters) -> Result<Table, SqlError>;

    /// Takes back what runs now, and refuses what comes.
    fn interrupt(&self);
}

/// Values to bind.
#[derive(Clone, Debug)]
pub enum SqlParameters {
    /// For `$name`.
    Named(Object),
    /// For `?` and `$1`.
    Positional(Vec<Value>),
}

impl SqlParameters {
    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Named(values) => values.len(),
            Self::Positional(values) => values.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Rows, and what the database says of their columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The rows.
    pub rows: Rows,
    /// One for each column, in order.
    pub kinds: Vec<ColumnKind>,
}

/// What the values of a column don't tell of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Nothing is missing.
    Plain,
    /// `HUGEINT`, `UHUGEINT` and `DECIMAL`: numbers that may be integers and are not meant as such.
    Wide,
    /// `UUID`, which values hold as texts.
    Uuid,
}

/// One execution.
#[derive(Debug)]
pub struct SqlRequest {
    /// What to run. Engines keep prepared statements by the identity of this `Arc`.
    pub source: Arc<SqlText>,
    /// Values by parameter name; all of them are bound.
    pub arguments: Arc<Object>,
    /// What is asked of the rows of the result. An engine may leave out those for which the first of these that is not
    /// true is sure to be false; it need not.
    pub row_tests: Vec<RowTest>,
    /// The call that it belongs to: who asks, for `get_username()` and its kin, and who hears what SQL logs.
    pub scope: Arc<CallScope>,
    /// Longest time it may take.
    pub timeout: Option<Duration>,
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
