//! What a test expects of a call: the pure half of `mxcp test` (spec `quality.md` section 4).
//!
//! An [`Expectation`] is compiled from a [`TestCase`] and judges what a call gave. Each assertion has a file of its
//! own; `equality` says when two values are the same.

mod contains;
mod contains_all;
mod contains_item;
mod contains_text;
mod equality;
mod exact;
mod failure;
mod length;
mod not_contains;
mod number;
mod python_text;
mod subject;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::call::CallError;
use crate::definition::Kind;
use crate::registry::Success;
use crate::schema::TestCase;
use crate::value::Value;

pub(crate) use equality::has_fields;
pub(crate) use python_text::of as python_text;

use failure::ExpectedFailure;

/// What a test expects.
#[derive(Debug)]
pub struct Expectation {
    kind: Kind,
    outcome: ExpectedOutcome,
}

/// How a call is expected to end.
#[derive(Debug)]
enum ExpectedOutcome {
    /// With a result of which all of these hold, in the order in which they are told.
    Result(Vec<Box<dyn Assertion>>),
    /// With an error.
    Failure(ExpectedFailure),
}

/// Something that must hold of a result.
trait Assertion: fmt::Debug + Send + Sync {
    /// Whether it holds.
    ///
    /// # Errors
    /// What is different, for the author of the test.
    fn check(&self, result: &Value) -> Result<(), String>;
}

/// Why a test has not passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// The call ended in another way than expected: which.
    Different(String),
    /// The call failed, and nobody expected it to.
    Failed(CallError),
}

impl Expectation {
    /// What `test` expects of a call of an endpoint of this kind.
    #[must_use]
    pub fn of(test: &TestCase, kind: Kind) -> Self {
        let outcome = match ExpectedFailure::of(test) {
            Some(failure) => ExpectedOutcome::Failure(failure),
            None => ExpectedOutcome::Result(assertions(test)),
        };
        Self { kind, outcome }
    }

    /// Judges what a call gave.
    ///
    /// # Errors
    /// The first thing that is not as expected.
    pub fn evaluate(&self, reply: Result<&Success, &CallError>) -> Result<(), Unmet> {
        match (&self.outcome, reply) {
            (ExpectedOutcome::Failure(expected), Err(error)) if failure::is_of_endpoint(error) => {
                expected.check(error).map_err(Unmet::Different)
            }
            (_, Err(error)) => Err(Unmet::Failed(error.clone())),
            (ExpectedOutcome::Failure(expected), Ok(success)) => {
                Err(Unmet::Different(expected.succeeded(&success.value)))
            }
            (ExpectedOutcome::Result(assertions), Ok(success)) => {
                let result = subject::of(&success.value, self.kind);
                assertions.iter().try_for_each(|assertion| assertion.check(&result)).map_err(Unmet::Different)
            }
        }
    }
}

/// The assertions of a test, in the order of the specification: the first that does not hold is told.
fn assertions(test: &TestCase) -> Vec<Box<dyn Assertion>> {
    let value = |written: &serde_json::Value| Value::from_json(written.clone());
    let mut list: Vec<Box<dyn Assertion>> = Vec::new();
    if let Some(expected) = &test.result {
        list.push(Box::new(exact::Exact::new(value(expected))));
    }
    if let Some(expected) = &test.result_contains {
        list.push(Box::new(contains::Contains::new(value(expected))));
    }
    if let Some(fields) = &test.result_not_contains {
        list.push(Box::new(not_contains::NotContains::new(fields.clone())));
    }
    if let Some(expected) = &test.result_contains_item {
        list.push(Box::new(contains_item::ContainsItem::new(value(expected))));
    }
    // No items are no assertion, not even that the result is a list.
    if let Some(expected) = test.result_contains_all.as_ref().filter(|items| !items.is_empty()) {
        list.push(Box::new(contains_all::ContainsAll::new(expected.iter().map(value).collect())));
    }
    if let Some(expected) = test.result_length {
        list.push(Box::new(length::Length::new(expected)));
    }
    if let Some(expected) = &test.result_contains_text {
        list.push(Box::new(contains_text::ContainsText::new(expected.clone())));
    }
    list
}

/// What is said of a result that an assertion can't be asked about.
fn wrong_kind(assertion: &str, needed: &str, result: &Value) -> String {
    format!("{assertion} assertion requires {needed} result, got {}", result.json_type())
}
