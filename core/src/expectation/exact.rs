//! `result`: the whole result, as it is.

use super::Assertion;
use super::equality::{Booleans, equal};
use crate::value::{Object, Value};

#[derive(Debug)]
pub(super) struct Exact {
    expected: Value,
}

impl Exact {
    pub(super) fn new(expected: Value) -> Self {
        Self { expected }
    }
}

impl Assertion for Exact {
    fn check(&self, result: &Value) -> Result<(), String> {
        // Existing projects write an empty list where nothing is expected.
        let nothing = result.is_null() && matches!(&self.expected, Value::Array(items) if items.is_empty());
        if nothing || equal(result, &self.expected, Booleans::Apart) {
            return Ok(());
        }
        let text = |value: &Value| sorted(value).to_json_text();
        let (expected, got) = (text(&self.expected), text(result));
        Err(format!("Result does not match expected output.\nExpected: {expected}\nGot: {got}"))
    }
}

/// The same value with the keys of objects in order, so that two texts differ only where the values do.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(
                entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect::<Object>(),
            )
        }
        other => other.clone(),
    }
}
