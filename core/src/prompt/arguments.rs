//! Bound arguments as the engine's values.

use minijinja::Value as Item;

use super::moment::Moment;
use crate::value::{Object, Value};

/// The variables of a template.
pub(super) fn context(arguments: &Object) -> Item {
    Item::from_pairs(arguments.iter().map(|(name, value)| (&**name, item(value))))
}

fn item(value: &Value) -> Item {
    match value {
        Value::Null => Item::from(()),
        Value::Bool(value) => Item::from(*value),
        Value::Int(value) => Item::from(*value),
        Value::Float(value) => Item::from(*value),
        Value::Number(number) => match (number.as_i128(), number.as_u128()) {
            (Some(value), _) => Item::from(value),
            (None, Some(value)) => Item::from(value),
            (None, None) => Item::from(number.to_f64()),
        },
        Value::String(text) => Item::from(text.as_str()),
        Value::Bytes(bytes) => Item::from_bytes(bytes.clone()),
        Value::Date(date) => Item::from_object(Moment::Date(*date)),
        Value::Time(time) => Item::from_object(Moment::Time(*time)),
        Value::DateTime(moment) => Item::from_object(Moment::DateTime(*moment, None)),
        Value::Timestamp(moment) => {
            Item::from_object(Moment::DateTime(moment.naive_local(), Some(*moment.offset())))
        }
        Value::Interval(interval) => Item::from(interval.to_string()),
        Value::Array(items) => items.iter().map(item).collect(),
        Value::Object(object) => context(object),
    }
}
