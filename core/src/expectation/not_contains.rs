//! `result_not_contains`: fields that an object, or any object of a list, must not have.

use super::{Assertion, wrong_kind};
use crate::value::Value;

#[derive(Debug)]
pub(super) struct NotContains {
    fields: Vec<String>,
}

impl NotContains {
    pub(super) fn new(fields: Vec<String>) -> Self {
        Self { fields }
    }

    fn check_object(&self, value: &Value) -> Result<(), String> {
        let Some(object) = value.as_object() else { return Ok(()) };
        match self.fields.iter().find(|field| object.contains_key(field)) {
            Some(field) => Err(format!("Field '{field}' should not be present in result but was found")),
            None => Ok(()),
        }
    }
}

impl Assertion for NotContains {
    fn check(&self, result: &Value) -> Result<(), String> {
        match result {
            Value::Object(_) => self.check_object(result),
            Value::Array(items) => items.iter().try_for_each(|item| self.check_object(item)),
            _ => Err(wrong_kind("result_not_contains", "object or array", result)),
        }
    }
}
