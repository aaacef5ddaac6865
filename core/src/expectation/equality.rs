//! When a result is what a test expects.

use super::number;
use crate::value::{Object, Value};

/// Whether `true` is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Booleans {
    /// It is not: they are two kinds of JSON.
    Apart,
    /// It is, as existing projects have it in all assertions but `result`.
    AsNumbers,
}

/// Whether the values are the same: numbers by value whatever their form, objects whatever the order of their keys,
/// a day whether it is written with its midnight or without.
pub(super) fn equal(result: &Value, expected: &Value, booleans: Booleans) -> bool {
    match (result, expected) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Bool(value), number) | (number, Value::Bool(value)) => {
            booleans == Booleans::AsNumbers && number::same(&Value::Int(i64::from(*value)), number)
        }
        (Value::Array(items), Value::Array(others)) => {
            items.len() == others.len()
                && items.iter().zip(others).all(|(item, other)| equal(item, other, booleans))
        }
        (Value::Object(object), Value::Object(other)) => {
            object.len() == other.len()
                && other.iter().all(|(name, expected)| {
                    object.get(name).is_some_and(|value| equal(value, expected, booleans))
                })
        }
        _ => match (result.text_form(), expected.text_form()) {
            (Some(one), Some(other)) => {
                one == other || is_midnight_of(&one, &other) || is_midnight_of(&other, &one)
            }
            (None, None) => number::same(result, expected),
            _ => false,
        },
    }
}

/// Whether `item` is an object that has all the fields, with equal values.
pub(crate) fn has_fields(item: &Value, fields: &Object) -> bool {
    item.as_object().is_some_and(|object| {
        fields.iter().all(|(name, expected)| {
            object.get(name).is_some_and(|value| equal(value, expected, Booleans::AsNumbers))
        })
    })
}

/// Whether `moment` is the first second of `day`: a date of SQL is written in both ways.
fn is_midnight_of(moment: &str, day: &str) -> bool {
    let is_day = day.len() == 10
        && day.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_day && moment.strip_prefix(day).is_some_and(|rest| matches!(rest, "T00:00:00" | " 00:00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str, booleans: Booleans) -> bool {
        equal(&Value::parse_json(one).unwrap(), &Value::parse_json(other).unwrap(), booleans)
    }

    #[test]
    fn form_and_order_don_t_count_and_kinds_do() {
        for (one, other) in [
            (r#"{"a": 1, "b": [2]}"#, r#"{"b": [2.0], "a": 1.0}"#),
            (r#""2024-02-29T00:00:00""#, r#""2024-02-29""#),
            (r#"["2024-02-29"]"#, r#"["2024-02-29T00:00:00"]"#),
            ("null", "null"),
        ] {
            assert!(same(one, other, Booleans::Apart), "{one} {other}");
        }
        for (one, other) in [
            ("1", "\"1\""),
            ("1", "true"),
            ("null", "false"),
            ("[1, 2]", "[2, 1]"),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": null}"#),
            (r#""2024-02-29T00:00:01""#, r#""2024-02-29""#),
            (r#""2024-02-2xT00:00:00""#, r#""2024-02-2x""#),
        ] {
            assert!(!same(one, other, Booleans::Apart), "{one} {other}");
        }
    }

    #[test]
    fn true_may_be_one_at_every_level() {
        assert!(same(r#"{"a": [true]}"#, r#"{"a": [1.0]}"#, Booleans::AsNumbers));
        assert!(same("0", "false", Booleans::AsNumbers));
        assert!(!same("2", "true", Booleans::AsNumbers));
        assert!(!same("\"true\"", "true", Booleans::AsNumbers));
    }
}
