//! `result_contains_all`: several items of a list; one item may serve several of them.

use super::{Assertion, contains_item};
use crate::value::Value;

#[derive(Debug)]
pub(super) struct ContainsAll {
    expected: Vec<Value>,
}

impl ContainsAll {
    pub(super) fn new(expected: Vec<Value>) -> Self {
        Self { expected }
    }
}

impl Assertion for ContainsAll {
    fn check(&self, result: &Value) -> Result<(), String> {
        self.expected.iter().try_for_each(|item| contains_item::check("result_contains_all", item, result))
    }
}
