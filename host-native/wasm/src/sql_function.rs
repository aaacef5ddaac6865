//! Functions for SQL that components compute.

use std::sync::{Arc, mpsc};

use mxcp_core::definition::ComponentSource;
use mxcp_core::registry::ExecutionError;
use mxcp_core::value::{Object, Value};
use mxcp_core::wit::{self, Type};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{Column, ColumnData, ComponentError, Results, SqlFunction, SqlType};
use tokio::runtime::Handle;

use crate::Engine;

/// A function that is called chunk by chunk: all rows of one in one instance.
#[derive(Debug)]
struct Function {
    name: String,
    parameters: Vec<SqlType>,
    returns: SqlType,
    source: Arc<ComponentSource>,
    engine: Engine,
    runtime: Handle,
}

/// The function of a component by its name in SQL.
///
/// # Errors
/// SQL has no such types, or the component may query.
pub(crate) fn new(
    name: &str,
    source: Arc<ComponentSource>,
    engine: Engine,
    runtime: Handle,
) -> Result<Arc<dyn SqlFunction>, String> {
    if source.permissions.sql.is_some() {
        return Err(format!("`{name}` can't query the database: it is computed within a query"));
    }
    let parameters = source.function.parameters.iter().map(|parameter| {
        sql_type(&parameter.ty).ok_or_else(|| {
            format!("`{name}` takes `{}`, for which SQL has no type here", parameter.ty.describe())
        })
    });
    let parameters = parameters.collect::<Result<_, _>>()?;
    let result = match &source.function.result {
        Some(Type::Result(ok, _)) => ok.as_deref(),
        other => other.as_ref(),
    };
    let Some(result) = result else { return Err(format!("`{name}` gives nothing that SQL could use")) };
    let returns = sql_type(result)
        .ok_or_else(|| format!("`{name}` gives `{}`, for which SQL has no type here", result.describe()))?;
    Ok(Arc::new(Function { name: name.to_owned(), parameters, returns, source, engine, runtime }))
}

/// The type of SQL for a scalar one, or an option of it.
fn sql_type(ty: &Type) -> Option<SqlType> {
    Some(match ty {
        Type::Bool => SqlType::Boolean,
        Type::S8 | Type::U8 | Type::S16 | Type::U16 | Type::S32 => SqlType::Integer,
        Type::U32 | Type::S64 => SqlType::BigInt,
        Type::U64 => SqlType::UBigInt,
        Type::F32 | Type::F64 => SqlType::Double,
        Type::Char | Type::String | Type::Enum(_) => SqlType::Varchar,
        Type::List(item) if **item == Type::U8 => SqlType::Blob,
        Type::Option(inner) if !matches!(**inner, Type::Option(_)) => sql_type(inner)?,
        _ => return None,
    })
}

impl Function {
    /// The arguments of a row; none if one is NULL that the function can't take.
    fn row(&self, columns: &[Column<'_>], row: usize) -> Result<Option<Vec<wit::Value>>, String> {
        let function = &self.source.function;
        let mut arguments = Object::with_capacity(columns.len());
        for (column, parameter) in columns.iter().zip(&function.parameters) {
            let value = value(column, row);
            if value.is_null() && !matches!(parameter.ty, Type::Option(_)) {
                return Ok(None);
            }
            arguments.push(Arc::from(parameter.name.as_str()), value);
        }
        function.lower(&arguments).map(Some).map_err(|errors| {
            let problems: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
            self.said(&problems.join(", "))
        })
    }

    fn said(&self, problem: &str) -> String {
        format!("function `{}` failed: {problem}", self.name)
    }

    /// Computes rows on the runtime, and blocks the database's thread until then.
    fn compute(
        &self,
        rows: Vec<Option<Vec<wit::Value>>>,
        scope: &Arc<CallScope>,
    ) -> Result<Vec<Option<wit::Value>>, ComponentError> {
        let (engine, source, scope) = (self.engine.clone(), Arc::clone(&self.source), Arc::clone(scope));
        let (tell, told) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let computed = match engine.ready(&source).await {
                Ok(ready) => ready.call_rows(rows, &scope).await,
                Err(error) => Err(error),
            };
            // Fails only if nobody waits any more.
            let _ = tell.send(computed);
        });
        told.recv().unwrap_or(Err(ComponentError::Cancelled))
    }
}

impl SqlFunction for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&self) -> &[SqlType] {
        &self.parameters
    }

    fn returns(&self) -> &SqlType {
        &self.returns
    }

    fn evaluate(
        &self,
        arguments: &[Column<'_>],
        rows: usize,
        scope: &Arc<CallScope>,
    ) -> Result<Results, String> {
        let given = (0..rows).map(|row| self.row(arguments, row)).collect::<Result<Vec<_>, _>>()?;
        let absent: Vec<bool> = given.iter().map(Option::is_none).collect();
        let computed = self.compute(given, scope).map_err(|error| self.said(&error.to_string()))?;
        let results = absent.into_iter().zip(computed).map(|(absent, value)| {
            if absent {
                return Ok(Value::Null);
            }
            self.source.function.lift(value).map_err(|error| match error {
                ExecutionError::Failed(text) => self.said(&text),
                _ => self.said("it gave what is not of its type"),
            })
        });
        results.collect::<Result<_, _>>().map(Results::Values)
    }
}

/// The value of a row.
fn value(column: &Column<'_>, row: usize) -> Value {
    if !column.is_valid(row) {
        return Value::Null;
    }
    let value = match &column.data {
        ColumnData::Booleans(items) => items.get(row).map(|item| Value::Bool(*item)),
        ColumnData::Integers(items) => items.get(row).map(|item| Value::Int(i64::from(*item))),
        ColumnData::Doubles(items) => items.get(row).map(|item| Value::float(*item)),
        ColumnData::Texts(items) => items.get(row).map(|item| Value::string(*item)),
        ColumnData::Values(items) => items.get(row).cloned(),
    };
    value.unwrap_or(Value::Null)
}
