//! What the host has to run, and what came of it.

use mxcp_core::registry;
use mxcp_core::value::{Object, Value};

use super::problem::{Problem, json};
use crate::bindings::mxcp::core::types as wit;

pub(crate) fn plan(plan: &registry::Plan) -> wit::Plan {
    match plan {
        registry::Plan::Sql { source, arguments } => wit::Plan::Sql(wit::SqlPlan {
            text: source.text.clone(),
            arguments: Value::Object(Object::clone(arguments)).to_json_text(),
        }),
        registry::Plan::Prompt(prompt) => {
            wit::Plan::Done(prompt.render().map(|messages| messages.to_json_text()).map_err(failure))
        }
        registry::Plan::Python { source, arguments, typed } => wit::Plan::Python(wit::PythonPlan {
            file: source.file.clone(),
            function: source.function.clone(),
            arguments: Value::Object(Object::clone(arguments)).to_json_text(),
            typed: *typed,
        }),
        registry::Plan::Component { source, arguments } => wit::Plan::Component(wit::ComponentPlan {
            file: source.file.clone(),
            digest: source.digest.clone(),
            export: source.export.clone(),
            // Numbers that JSON has no word for don't get this far, so serialising can't fail.
            arguments: serde_json::to_string(&**arguments).unwrap_or_default(),
        }),
        _ => wit::Plan::Unsupported("this kind of implementation".to_owned()),
    }
}

fn failure(error: registry::ExecutionError) -> wit::ExecutionError {
    match error {
        registry::ExecutionError::Failed(message) => wit::ExecutionError::Failed(message),
        registry::ExecutionError::TimedOut { milliseconds } => wit::ExecutionError::TimedOut(milliseconds),
        registry::ExecutionError::Cancelled => wit::ExecutionError::Cancelled,
        registry::ExecutionError::AwaitsInput => wit::ExecutionError::AwaitsInput,
        registry::ExecutionError::Overloaded | registry::ExecutionError::LimitExceeded { .. } => {
            wit::ExecutionError::Overloaded
        }
        registry::ExecutionError::Internal => wit::ExecutionError::Internal,
    }
}

pub(crate) fn output(output: wit::Output) -> Result<registry::Output, Problem> {
    Ok(match output {
        wit::Output::Value(value) => registry::Output::Value(json("value", &value)?),
        wit::Output::Component(value) => registry::Output::Component(match value {
            None => None,
            Some(value) => Some(
                serde_json::from_str(&value).map_err(|error| Problem::Json(format!("component: {error}")))?,
            ),
        }),
        wit::Output::Content(value) => registry::Output::Content(json("content", &value)?),
        wit::Output::Rows(rows) => {
            let Value::Array(items) = json("rows", &rows.rows)? else {
                return Err(Problem::Json("rows: must be an array".to_owned()));
            };
            let row = |item| match item {
                Value::Object(row) => Ok(row),
                _ => Err(Problem::Json("rows: every row must be an object".to_owned())),
            };
            registry::Output::Rows(registry::Rows {
                columns: rows.columns.into_iter().map(Into::into).collect(),
                rows: items.into_iter().map(row).collect::<Result<_, _>>()?,
            })
        }
    })
}

pub(crate) fn execution_error(error: wit::ExecutionError) -> registry::ExecutionError {
    match error {
        wit::ExecutionError::Failed(message) => registry::ExecutionError::Failed(message),
        wit::ExecutionError::TimedOut(milliseconds) => registry::ExecutionError::TimedOut { milliseconds },
        wit::ExecutionError::Cancelled => registry::ExecutionError::Cancelled,
        wit::ExecutionError::AwaitsInput => registry::ExecutionError::AwaitsInput,
        wit::ExecutionError::Overloaded => registry::ExecutionError::Overloaded,
        wit::ExecutionError::Internal => registry::ExecutionError::Internal,
    }
}
