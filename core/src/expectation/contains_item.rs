//! `result_contains_item`: one item of a list, or an object of it that has some fields.

use super::equality::{Booleans, equal, has_fields};
use super::{Assertion, wrong_kind};
use crate::value::Value;

#[derive(Debug)]
pub(super) struct ContainsItem {
    expected: Value,
}

impl ContainsItem {
    pub(super) fn new(expected: Value) -> Self {
        Self { expected }
    }
}

impl Assertion for ContainsItem {
    fn check(&self, result: &Value) -> Result<(), String> {
        check("result_contains_item", &self.expected, result)
    }
}

/// Whether `result` is a list that has the item; `assertion` is the one that asks.
pub(super) fn check(assertion: &str, expected: &Value, result: &Value) -> Result<(), String> {
    let Value::Array(items) = result else { return Err(wrong_kind(assertion, "array", result)) };
    let found = items.iter().any(|item| {
        equal(item, expected, Booleans::AsNumbers)
            || expected.as_object().is_some_and(|fields| has_fields(item, fields))
    });
    found
        .then_some(())
        .ok_or_else(|| format!("Array does not contain expected item: {}", expected.to_json_text()))
}
