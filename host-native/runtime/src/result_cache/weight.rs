//! How much memory a result takes, about.

use mxcp_core::registry::Output;
use mxcp_core::value::{Object, Value};
use mxcp_core::wit;

/// Bytes that a text or list takes beside what is in it.
const HEAD: usize = 16;

/// How many bytes an output takes.
pub(super) fn of(output: &Output) -> usize {
    size_of::<Output>()
        + match output {
            // The rows share the names of the columns.
            Output::Rows(rows) => rows.rows.iter().map(|row| size_of::<Object>() + entries(row)).sum(),
            Output::Value(value) | Output::Content(value) => beyond(value),
            Output::Component(value) => value.as_ref().map_or(0, component),
        }
}

fn entries(object: &Object) -> usize {
    object.iter().map(|(_, value)| size_of::<(&str, Value)>() + beyond(value)).sum()
}

/// What a value takes beyond its own size.
fn beyond(value: &Value) -> usize {
    match value {
        Value::String(text) => text.capacity() + HEAD,
        Value::Bytes(bytes) => bytes.capacity() + HEAD,
        Value::Number(number) => number.as_str().len() + HEAD,
        Value::Array(items) => {
            HEAD + items.iter().map(|item| size_of::<Value>() + beyond(item)).sum::<usize>()
        }
        Value::Object(object) => named_entries(object),
        _ => 0,
    }
}

fn named_entries(object: &Object) -> usize {
    HEAD + entries(object) + object.keys().map(|key| key.len() + HEAD).sum::<usize>()
}

fn component(value: &wit::Value) -> usize {
    let each = |values: &[wit::Value]| values.iter().map(component).sum::<usize>();
    let optional = |value: &Option<Box<wit::Value>>| value.as_deref().map_or(0, component);
    size_of::<wit::Value>()
        + match value {
            wit::Value::String(text) => text.capacity() + HEAD,
            wit::Value::Bytes(bytes) => bytes.capacity() + HEAD,
            wit::Value::Flags(flags) => flags.capacity() + HEAD,
            wit::Value::List(values) | wit::Value::Tuple(values) | wit::Value::Record(values) => {
                HEAD + each(values)
            }
            wit::Value::Option(value) | wit::Value::Variant(_, value) => optional(value),
            wit::Value::Result(Ok(value) | Err(value)) => optional(value),
            _ => 0,
        }
}
