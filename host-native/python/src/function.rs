//! Functions for SQL that plug-ins define.

use std::sync::{Arc, Weak};

use mxcp_core::value::Value;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{Column, PythonError, Results, SqlFunction, SqlType};
use serde_json::{Map, Value as Json};

use crate::encode::{Arguments, Tagged};
use crate::error;
use crate::generation::Generation;
use crate::message::Work;
use crate::running::{RunningCall, facts};
use crate::worker::Reply;
use crate::{blocking, decode, sql_type};

/// What a plug-in says of a function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) parameters: Vec<SqlType>,
    pub(crate) returns: SqlType,
}

/// One function.
#[derive(Debug)]
pub(crate) struct Function {
    generation: Weak<Generation>,
    index: usize,
    signature: Signature,
}

impl Signature {
    /// The functions that a worker has.
    pub(crate) fn all(functions: Json) -> Option<Vec<Self>> {
        let Json::Array(functions) = functions else { return None };
        functions.iter().map(Self::parse).collect()
    }

    fn parse(function: &Json) -> Option<Self> {
        let function: &Map<String, Json> = function.as_object()?;
        let parameters = function.get("parameters")?.as_array()?;
        Some(Self {
            name: function.get("name")?.as_str()?.to_owned(),
            parameters: parameters.iter().map(sql_type::parse).collect::<Option<_>>()?,
            returns: sql_type::parse(function.get("returns")?)?,
        })
    }
}

impl Function {
    /// Function number `index` of a generation.
    pub(crate) fn new(generation: &Arc<Generation>, index: usize, signature: Signature) -> Self {
        Self { generation: Arc::downgrade(generation), index, signature }
    }
}

impl SqlFunction for Function {
    fn name(&self) -> &str {
        &self.signature.name
    }

    fn parameters(&self) -> &[SqlType] {
        &self.signature.parameters
    }

    fn returns(&self) -> &SqlType {
        &self.signature.returns
    }

    fn evaluate(
        &self,
        arguments: &[Column<'_>],
        rows: usize,
        scope: &Arc<CallScope>,
    ) -> Result<Results, String> {
        self.compute(arguments, rows, scope).map_err(|text| PythonError::within_query(&text))
    }
}

impl Function {
    fn compute(
        &self,
        arguments: &[Column<'_>],
        rows: usize,
        scope: &Arc<CallScope>,
    ) -> Result<Results, String> {
        let Some(generation) = self.generation.upgrade() else { return Err("Python is stopped".to_owned()) };
        let worker = blocking::wait(generation.worker_for(scope)).map_err(|error| error.to_string())?;
        let call = RunningCall::new(scope, &worker, generation.directory());
        let facts = facts(scope);
        let work = Work::Evaluate {
            index: self.index,
            columns: Arguments { columns: arguments, rows },
            rows,
            call: Tagged::argument(&facts),
        };
        let pending = worker.request(&work, Some(call), None);
        let reply = blocking::wait(async {
            tokio::select! {
                reply = pending.reply() => Ok(reply),
                () = scope.cancel.cancelled() => Err("call was cancelled".to_owned()),
            }
        })?;
        match reply {
            Reply::Done { result: Json::Array(items), .. } if items.len() == rows => {
                results(items, &self.signature.returns)
                    .ok_or_else(|| format!("`{}` gave what is no value", self.signature.name))
            }
            Reply::Done { .. } => Err(format!("`{}` gave another number of values", self.signature.name)),
            other => Err(error::of_reply(other).to_string()),
        }
    }
}

/// Results in the form that is cheapest for their type, if they are all of it; else for the database to convert.
fn results(items: Vec<Json>, returns: &SqlType) -> Option<Results> {
    let fitting = match returns {
        SqlType::Boolean => all(&items, Json::as_bool).map(Results::Booleans),
        SqlType::Integer => all(&items, |item| i32::try_from(item.as_i64()?).ok()).map(Results::Integers),
        SqlType::Double => all(&items, double).map(Results::Doubles),
        SqlType::Varchar => all(&items, |item| item.as_str().map(str::to_owned)).map(Results::Texts),
        _ => None,
    };
    match fitting {
        Some(results) => Some(results),
        None => items.into_iter().map(decode::value).collect::<Option<Vec<Value>>>().map(Results::Values),
    }
}

fn all<T>(items: &[Json], convert: impl Fn(&Json) -> Option<T>) -> Option<Vec<Option<T>>> {
    items.iter().map(|item| if item.is_null() { Some(None) } else { convert(item).map(Some) }).collect()
}

fn double(item: &Json) -> Option<f64> {
    match item {
        Json::Number(number) => number.as_f64(),
        Json::Object(tag) if tag.len() == 1 => decode::float(tag.get("$float")?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str, returns: &SqlType) -> Results {
        let Ok(Json::Array(items)) = serde_json::from_str(text) else { panic!("`{text}` is no list") };
        results(items, returns).unwrap()
    }

    #[test]
    fn values_of_the_type_are_handed_over_as_such_and_others_are_left_to_the_database() {
        let Results::Integers(items) = given("[1, null]", &SqlType::Integer) else { panic!("other results") };
        assert_eq!(items, [Some(1), None]);
        let Results::Values(items) = given(r#"[1, "5"]"#, &SqlType::Integer) else { panic!("other results") };
        assert_eq!(items, [Value::Int(1), Value::string("5")]);
        let Results::Values(items) = given("[1099511627776]", &SqlType::Integer) else {
            panic!("other results")
        };
        assert_eq!(items, [Value::Int(1 << 40)]);
    }

    #[test]
    fn doubles_may_be_infinite_or_no_number() {
        let text = r#"[1, 0.5, {"$float": "inf"}, {"$float": "nan"}]"#;
        let Results::Doubles(items) = given(text, &SqlType::Double) else { panic!("other results") };
        assert_eq!(items[..3], [Some(1.0), Some(0.5), Some(f64::INFINITY)]);
        assert!(items[3].unwrap().is_nan());
    }
}
