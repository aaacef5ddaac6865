//! `result_length`: how many items a list has.

use super::{Assertion, wrong_kind};
use crate::value::Value;

#[derive(Debug)]
pub(super) struct Length {
    expected: u64,
}

impl Length {
    pub(super) fn new(expected: u64) -> Self {
        Self { expected }
    }
}

impl Assertion for Length {
    fn check(&self, result: &Value) -> Result<(), String> {
        let Value::Array(items) = result else { return Err(wrong_kind("result_length", "array", result)) };
        if u64::try_from(items.len()) == Ok(self.expected) {
            return Ok(());
        }
        Err(format!("Array has {} items, expected {}", items.len(), self.expected))
    }
}
