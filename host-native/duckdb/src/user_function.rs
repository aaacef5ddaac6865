//! Functions that the project's code computes, whole columns at a time.

mod arguments;
mod kind;
mod misfit;
mod results;

use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_runtime::CallScope;
use mxcp_runtime::ports::SqlFunction;

use self::arguments::Arguments;
use crate::ffi::{Connection, Evaluation, LogicalType, Output, Parameter, ScalarFunction, TypeId, Vector};
use crate::identity::Callers;

/// What a function fails with that is asked for outside of a call, as when a source is checked: nothing of the project runs
/// then.
pub(crate) const NOT_NOW: &str = "functions of the project are computed within a call only";

/// Defines functions for all connections of a database: all of them, or none.
///
/// # Errors
/// There is a function of the name, which SQL writes in any capitals, or DuckDB refuses one.
pub(crate) fn define(
    connection: &Connection,
    functions: &[Arc<dyn SqlFunction>],
    callers: &Arc<Callers>,
) -> Result<(), String> {
    let mut names = BTreeSet::new();
    let repeated =
        functions.iter().map(|function| function.name()).find(|name| !names.insert(name.to_lowercase()));
    let taken = match repeated {
        Some(name) => Some(name),
        None => existing(connection, &names)?.and_then(|taken| {
            functions.iter().map(|function| function.name()).find(|name| name.to_lowercase() == taken)
        }),
    };
    if let Some(name) = taken {
        return Err(format!("the SQL function `{name}` is defined already (SQL ignores capitals in names)"));
    }
    for function in functions {
        connection.define(Arc::new(UserFunction::new(function, callers)))?;
    }
    Ok(())
}

/// The first of these names, all in lower case, that DuckDB has a function of, its own or one defined before.
fn existing(connection: &Connection, names: &BTreeSet<String>) -> Result<Option<String>, String> {
    const QUERY: &str = "SELECT lower(function_name) AS name FROM duckdb_functions()
        WHERE database_name = 'system' AND list_contains($1, lower(function_name)) ORDER BY name LIMIT 1";
    if names.is_empty() {
        return Ok(None);
    }
    let Some(prepared) = connection.extract(QUERY)?.prepare_next() else { return Ok(None) };
    let mut prepared = prepared?;
    let names: Vec<Parameter> = names.iter().map(|name| Parameter::text(name)).collect();
    prepared.bind(0, &Parameter::list(&LogicalType::simple(TypeId::Varchar), &names)?)?;
    let found = prepared.start()?.finish()?.next_chunk();
    let name = found.as_ref().and_then(|rows| rows.column(0)?.bytes()?.get(0));
    Ok(name.map(|name| String::from_utf8_lossy(name).into_owned()))
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
        Box::new(Running {
            function: Arc::clone(&self.function),
            arguments: Arc::clone(&self.arguments),
            scope: self.callers.current(connection),
        })
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
            .with_columns(arguments, |columns| self.function.evaluate(columns, output.len(), scope))?
            .map_err(|text| format!("Python exception occurred while executing the UDF: {text}"))?;
        results::write(results, self.function.returns(), output)
    }
}
