//! What a thread is asked to do.

use std::sync::Arc;

use mxcp_core::definition::SqlText;
use mxcp_core::policy::RowTest;
use mxcp_core::registry::Rows;
use mxcp_core::secret::Secrets;
use mxcp_core::value::Object;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{SqlCheck, SqlError, SqlFunction};
use tokio::sync::oneshot;

use crate::control::Control;

/// Where an answer goes; nobody may be left to hear it.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, SqlError>>;

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    /// Takes it back.
    pub(crate) control: Arc<Control>,
    /// What to do.
    pub(crate) work: Work,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Work {
    /// Run a source.
    Execute {
        /// The statements.
        source: Arc<SqlText>,
        /// Values by name.
        arguments: Arc<Object>,
        /// What is asked of the rows.
        row_tests: Vec<RowTest>,
        /// The call that asks.
        scope: Arc<CallScope>,
        /// Takes the rows.
        reply: Reply<Rows>,
    },
    /// Check a source without running it.
    Check {
        /// The statements.
        source: Arc<SqlText>,
        /// Takes the findings.
        reply: Reply<SqlCheck>,
    },
    /// Go over to other credentials.
    ReplaceSecrets {
        /// The new ones.
        secrets: Secrets,
        /// Takes the outcome.
        reply: Reply<()>,
    },
    /// Define functions.
    Define {
        /// The functions.
        functions: Vec<Arc<dyn SqlFunction>>,
        /// Takes the outcome.
        reply: Reply<()>,
    },
    /// Open the database.
    Open {
        /// Takes the outcome.
        reply: Reply<()>,
    },
}
