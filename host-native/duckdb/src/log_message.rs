//! The SQL function by which a query logs.
//!
//! `log_message(level, message)` tells the caller of the query that it is part of, and the operator. It gives the message
//! back. DuckDB computes it for each row that it computes the expression for; a column that nobody reads it may leave out
//! altogether.

use std::sync::Arc;

use mxcp_core::value::Value;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{LogLevel, LogMessage};

use crate::ffi::Connection;
use crate::identity::Callers;
use crate::text_function::{TextEvaluation, TextFunction, define_text};

/// What SQL calls it.
pub(crate) const NAME: &str = "log_message";

/// Defines the function for all connections of a database.
///
/// # Errors
/// DuckDB refuses it.
pub(crate) fn define(connection: &Connection, callers: &Arc<Callers>) -> Result<(), String> {
    define_text(connection, Arc::new(Function { callers: Arc::clone(callers) }))
}

struct Function {
    callers: Arc<Callers>,
}

impl TextFunction for Function {
    fn name(&self) -> &str {
        NAME
    }

    fn arguments(&self) -> usize {
        2
    }

    fn is_volatile(&self) -> bool {
        true
    }

    fn start(&self, connection: u64) -> Box<dyn TextEvaluation> {
        Box::new(Speaker(self.callers.current(connection)))
    }
}

/// The function within one query; nobody hears it outside of a request.
struct Speaker(Option<Arc<CallScope>>);

impl TextEvaluation for Speaker {
    fn evaluate(&self, arguments: &[Option<&str>]) -> Result<Option<String>, String> {
        let [level, message] = arguments else {
            return Err("log_message takes a level and a message".to_owned());
        };
        let level = level.and_then(LogLevel::from_name).ok_or_else(|| {
            let levels = LogLevel::ALL.map(LogLevel::as_str).join(", ");
            format!("log_message: unknown level {}; it must be one of: {levels}", quoted(*level))
        })?;
        let Some(message) = message else { return Ok(None) };
        if let Some(scope) = &self.0 {
            scope.notify.log(LogMessage { level, logger: None, data: Value::string(*message) });
        }
        Ok(Some((*message).to_owned()))
    }
}

fn quoted(text: Option<&str>) -> String {
    text.map_or("NULL".to_owned(), |text| format!("'{text}'"))
}
