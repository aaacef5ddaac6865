//! `result_contains_text`: text in a text, or in the text of any other result.

use super::{Assertion, python_text};
use crate::value::Value;

#[derive(Debug)]
pub(super) struct ContainsText {
    expected: String,
}

impl ContainsText {
    pub(super) fn new(expected: String) -> Self {
        Self { expected }
    }
}

impl Assertion for ContainsText {
    fn check(&self, result: &Value) -> Result<(), String> {
        let found = match result.as_str() {
            Some(text) => text.contains(&self.expected),
            // Results are JSON; tests of existing projects were written against the text Python has for them.
            None => {
                result.to_json_text().contains(&self.expected)
                    || python_text::of(result).contains(&self.expected)
            }
        };
        found
            .then_some(())
            .ok_or_else(|| format!("Result does not contain expected text: '{}'", self.expected))
    }
}
