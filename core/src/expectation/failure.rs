//! `error` and `denied`: calls that must not succeed.

use crate::call::CallError;
use crate::schema::{ExpectedText, TestCase};
use crate::value::Value;

/// How a call must fail.
#[derive(Debug)]
pub(super) struct ExpectedFailure {
    error: Option<ExpectedText>,
    denied: Option<ExpectedText>,
}

impl ExpectedFailure {
    /// What a test expects of the failure; none if it expects none.
    pub(super) fn of(test: &TestCase) -> Option<Self> {
        let expected = |text: &Option<ExpectedText>| text.clone().filter(ExpectedText::is_expected);
        let (error, denied) = (expected(&test.error), expected(&test.denied));
        (error.is_some() || denied.is_some()).then_some(Self { error, denied })
    }

    /// Whether this is the failure that is expected.
    pub(super) fn check(&self, error: &CallError) -> Result<(), String> {
        let message = error.to_string();
        if let Some(expected) = &self.denied {
            let (CallError::InputDenied { reason } | CallError::OutputDenied { reason }) = error else {
                return Err(format!("Call was not denied by a policy, it failed: {message}"));
            };
            contains("Reason of the denial", reason, expected)?;
        }
        self.error.as_ref().map_or(Ok(()), |expected| contains("Error", &message, expected))
    }

    /// What is said of a call that succeeded instead.
    pub(super) fn succeeded(&self, result: &Value) -> String {
        let expected = if self.denied.is_some() { "be denied by a policy" } else { "fail" };
        format!("Call was expected to {expected}, but succeeded.\nGot: {}", result.to_json_text())
    }
}

fn contains(what: &str, text: &str, expected: &ExpectedText) -> Result<(), String> {
    if text.contains(expected.text()) {
        return Ok(());
    }
    Err(format!("{what} does not contain expected text: '{}'\nGot: {text}", expected.text()))
}

/// Whether a failure says something about the endpoint. What befalls the program that makes the call is never what a
/// test is there to show.
pub(super) fn is_of_endpoint(error: &CallError) -> bool {
    !matches!(
        error,
        CallError::Cancelled
            | CallError::Overloaded
            | CallError::LimitExceeded { .. }
            | CallError::Internal { .. }
    )
}
