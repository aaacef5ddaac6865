//! `result_contains`: some fields of an object or of an item, or an item.

use super::equality::{Booleans, equal, has_fields};
use super::{Assertion, wrong_kind};
use crate::value::{Object, Value};

#[derive(Debug)]
pub(super) struct Contains {
    expected: Value,
}

impl Contains {
    pub(super) fn new(expected: Value) -> Self {
        Self { expected }
    }
}

impl Assertion for Contains {
    fn check(&self, result: &Value) -> Result<(), String> {
        match (&self.expected, result) {
            (Value::Object(fields), Value::Object(object)) => check_fields(fields, object),
            (Value::Object(fields), Value::Array(items)) => {
                let found = items.iter().any(|item| has_fields(item, fields));
                let expected = self.expected.to_json_text();
                found
                    .then_some(())
                    .ok_or_else(|| format!("No item in array contains the expected fields: {expected}"))
            }
            (value, Value::Array(items)) => {
                let found = items.iter().any(|item| equal(item, value, Booleans::AsNumbers));
                let expected = value.to_json_text();
                found
                    .then_some(())
                    .ok_or_else(|| format!("Array does not contain expected value: {expected}"))
            }
            (value, Value::Object(_)) => Err(format!(
                "result_contains assertion on an object result requires an object of fields, got {}",
                value.json_type()
            )),
            _ => Err(wrong_kind("result_contains", "object or array", result)),
        }
    }
}

fn check_fields(fields: &Object, object: &Object) -> Result<(), String> {
    for (name, expected) in fields.iter() {
        let Some(got) = object.get(name) else {
            return Err(format!("Expected field '{name}' not found in result"));
        };
        if !equal(got, expected, Booleans::AsNumbers) {
            let (got, expected) = (got.to_json_text(), expected.to_json_text());
            return Err(format!("Field '{name}' has value {got}, expected {expected}"));
        }
    }
    Ok(())
}
