//! Results that are not of the declared type.

use mxcp_core::value::Value;
use mxcp_runtime::ports::SqlType;

use super::kind;

/// What DuckDB says of a value that can't be cast.
pub(super) fn misfit(value: &Value, kind: &SqlType) -> String {
    let stored = match kind {
        SqlType::Boolean => "BOOL".to_owned(),
        SqlType::Integer => "INT32".to_owned(),
        other => kind::text(other),
    };
    match value {
        Value::String(text) => format!("Could not convert string '{text}' to {stored}"),
        Value::Int(_) | Value::Number(_) | Value::Float(_) if *kind == SqlType::Integer => {
            "Value out of range for type INT".to_owned()
        }
        Value::Int(_) | Value::Number(_) | Value::Float(_) if is_number(kind) => {
            format!("Value out of range for type {stored}")
        }
        other => format!("Unable to transform a value of type {} to {}", name(other), kind::text(kind)),
    }
}

fn is_number(kind: &SqlType) -> bool {
    matches!(kind, SqlType::Boolean | SqlType::BigInt | SqlType::UBigInt | SqlType::Double | SqlType::Decimal)
}

/// What SQL calls values of a kind.
fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "BOOLEAN",
        Value::Int(_) | Value::Float(_) | Value::Number(_) => "number",
        Value::String(_) => "VARCHAR",
        Value::Bytes(_) => "BLOB",
        Value::Date(_) => "DATE",
        Value::Time(_) => "TIME",
        Value::DateTime(_) => "TIMESTAMP",
        Value::Timestamp(_) => "TIMESTAMP WITH TIME ZONE",
        Value::Interval(_) => "INTERVAL",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
