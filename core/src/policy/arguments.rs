//! Arguments as input conditions see them: dates and times of parameters are texts there, while those of
//! results are points in time (spec `policies.md` section 3.1).

use std::borrow::Cow;

use crate::value::{Object, Value};

/// The arguments with every date and time as its text; a copy only where there is one.
pub(super) fn with_texts(arguments: &Object) -> Cow<'_, Object> {
    if arguments.iter().any(|(_, value)| has_moments(value)) {
        Cow::Owned(object(arguments))
    } else {
        Cow::Borrowed(arguments)
    }
}

fn has_moments(value: &Value) -> bool {
    match value {
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Timestamp(_) => true,
        Value::Array(items) => items.iter().any(has_moments),
        Value::Object(object) => object.iter().any(|(_, value)| has_moments(value)),
        _ => false,
    }
}

fn text(value: &Value) -> Value {
    match value {
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Timestamp(_) => {
            value.text_form().map_or(Value::Null, Value::String)
        }
        Value::Array(items) => Value::Array(items.iter().map(text).collect()),
        Value::Object(inner) => Value::Object(object(inner)),
        other => other.clone(),
    }
}

fn object(object: &Object) -> Object {
    object.iter().map(|(key, value)| (key.clone(), text(value))).collect()
}
