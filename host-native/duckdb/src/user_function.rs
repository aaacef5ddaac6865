//! Functions that the project's code computes, whole columns at a time.

mod arguments;
mod kind;
mod misfit;
mod results;

use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_runtime::ports::SqlFunction;
use mxcp_runtime::{CallScope, Known};

use self::arguments::Arguments;
use crate::ffi::{Connection, Evaluation, LogicalType, Output, ScalarFunction, Vector};
use crate::identity::{self, Callers};
use crate::log_message;

/// What a function fails with that is asked for outside of a call, as when a source is checked: nothing of the project runs
/// then.
pub(crate) const NOT_NOW: &str = "functions of the project are computed within a call only";

/// Defines functions for all connections of a database, besides those that are `defined`: all of them, or none. A function of
/// DuckDB's gets one more signature.
///
/// # Errors
/// There is a function of the name, which SQL writes in any capitals, or DuckDB refuses one.
pub(crate) fn define(
    connection: &Connection,
    functions: &[Arc<dyn SqlFunction>],
    defined: &[Arc<dyn SqlFunction>],
    callers: &Arc<Callers>,
) -> Result<(), String> {
    let own = identity::NAMES.into_iter().chain([log_message::NAME]).map(str::to_owned);
    let mut taken: BTreeSet<String> =
        own.chain(defined.iter().map(|function| function.name().to_lowercase())).collect();
    for name in functions.iter().map(|function| function.name()) {
        if !taken.insert(name.to_lowercase()) {
            return Err(format!(
                "the SQL function `{name}` is defined already (SQL ignores capitals in names)"
            ));
        }
    }
    for function in functions {
        connection.define(Arc::new(UserFunction::new(function, callers)))?;
    }
    Ok(())
}

/// A function as DuckDB calls it.
struct UserFunction {
    function: Arc<dyn SqlFunction>,
    arguments: Arc<Arguments>,
    callers: Arc<Callers>,
}

impl UserFunction {
    fn new(function: &Arc<dyn SqlFunction>, callers: &Arc<Callers>) -> Self {
        let arguments = Arc::new(Arguments::new(function.parameters()));
        Self { function: Arc::clone(function), arguments, callers: Arc::clone(callers) }
    }
}

impl ScalarFunction for UserFunction {
    fn name(&self) -> &str {
        self.function.name()
    }

    fn parameters(&self) -> Result<Vec<LogicalType>, String> {
        self.function.parameters().iter().map(kind::logical_type).collect()
    }

    fn returns(&self) -> Result<LogicalType, String> {
        kind::logical_type(self.function.returns())
    }

    fn start(&self, connection: u64) -> Box<dyn Evaluation> {
        let scope = self.callers.current(connection);
        // It is given all there is to know, whether it looks at it or not.
        if let Some(scope) = &scope {
            scope.knowledge.learn(Known::Request);
        }
        let (function, arguments) = (Arc::clone(&self.function), Arc::clone(&self.arguments));
        Box::new(Running { function, arguments, scope })
    }
}

/// The function within one query, on one thread.
struct Running {
    function: Arc<dyn SqlFunction>,
    arguments: Arc<Arguments>,
    scope: Option<Arc<CallScope>>,
}

impl Evaluation for Running {
    fn evaluate(&self, arguments: &[Vector<'_>], output: &mut Output<'_>) -> Result<(), String> {
        let Some(scope) = &self.scope else { return Err(NOT_NOW.to_owned()) };
        let results = self
            .arguments
            .with_columns(arguments, |columns| self.function.evaluate(columns, output.len(), scope))??;
        results::write(results, self.function.returns(), output)
    }
}
