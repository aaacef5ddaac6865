//! What passes between the core and the host that acts for it.

use std::sync::Arc;

use crate::definition::SqlText;
use crate::value::{Object, Value};

/// What the host has to run for a prepared call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Plan {
    /// SQL with values to bind by name.
    Sql {
        /// The statements.
        source: Arc<SqlText>,
        /// The values.
        arguments: Arc<Object>,
    },
    /// An implementation this version knows of and can't run.
    Unsupported {
        /// What it is, for the message: `Python endpoints`.
        what: &'static str,
    },
}

/// What an implementation gave.
#[derive(Clone, Debug)]
pub enum Output {
    /// Rows of a query.
    Rows(Rows),
    /// A value of a function.
    Value(Value),
}

/// Rows of a query.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Names of the columns, each once: `a`, `a_1`.
    pub columns: Vec<Arc<str>>,
    /// The rows; each has every column, in order.
    pub rows: Vec<Object>,
}
