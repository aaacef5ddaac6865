//! SQL that belongs to no endpoint.

use std::sync::Arc;

use mxcp_core::call::ArgumentError;
use mxcp_core::definition::SqlText;
use mxcp_core::value::Object;

/// One use of a tool of mxcp's own that runs SQL.
#[derive(Debug)]
pub struct Query {
    /// The tool's name, for the audit record.
    pub name: &'static str,
    /// Arguments as sent, for the audit record.
    pub arguments: Object,
    /// What to run with which values bound, or what is wrong with the arguments.
    pub statement: Result<(Arc<SqlText>, Arc<Object>), ArgumentError>,
}
