//! Values of the database as tools see them.

use mxcp_core::value::Value;
use mxcp_runtime::ports::Table;

use super::wit;
use crate::limits::start;

/// Most bytes of a message about progress.
const SHORT: usize = 512;

/// The value to bind for a parameter.
///
/// # Errors
/// JSON that is none.
pub(super) fn bound(value: wit::Value) -> Result<Value, String> {
    Ok(match value {
        wit::Value::Null => Value::Null,
        wit::Value::Boolean(value) => Value::Bool(value),
        wit::Value::Integer(value) => Value::Int(value),
        wit::Value::Number(value) => Value::float(value),
        wit::Value::Text(text) => Value::String(text),
        wit::Value::Bytes(bytes) => Value::Bytes(bytes),
        wit::Value::Json(text) => {
            Value::parse_json(&text).map_err(|error| format!("a parameter is no JSON: {error}"))?
        }
    })
}

/// Rows as the interface has them.
pub(super) fn rows(table: Table) -> wit::Rows {
    let columns = table.rows.columns.iter().map(|name| name.to_string()).collect();
    let rows = table.rows.rows.iter().map(|row| row.iter().map(|(_, value)| cell(value)).collect());
    wit::Rows { columns, rows: rows.collect() }
}

fn cell(value: &Value) -> wit::Value {
    match value {
        Value::Null => wit::Value::Null,
        Value::Bool(value) => wit::Value::Boolean(*value),
        Value::Int(value) => wit::Value::Integer(*value),
        Value::Float(value) => wit::Value::Number(*value),
        Value::String(text) => wit::Value::Text(text.clone()),
        Value::Bytes(bytes) => wit::Value::Bytes(bytes.clone()),
        other => wit::Value::Json(other.to_json_text()),
    }
}

/// As much of a message as is shown.
pub(super) fn short(message: &str) -> String {
    start(message, SHORT).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_values_and_json_that_is_none_is_refused() {
        assert_eq!(bound(wit::Value::Integer(1)).unwrap(), Value::Int(1));
        assert_eq!(bound(wit::Value::Json("[1]".to_owned())).unwrap(), Value::Array(vec![Value::Int(1)]));
        assert!(bound(wit::Value::Json("[1".to_owned())).is_err());
    }
}
