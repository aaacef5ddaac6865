//! What a model did, compared with what a test expects.

use crate::expectation::{has_fields, python_text};
use crate::schema::{EvalAssertions, ExpectedCall};
use crate::value::{Object, Value};

/// A call that a model made, whether it succeeded or not.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeCall {
    /// The tool's name as the model gave it; of a resource, its URI template.
    pub tool: String,
    /// The arguments as the model gave them; none if they were no object.
    pub arguments: Option<Object>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// Everything that does not hold of the calls and the final answer, in the words of the reference implementation.
#[must_use]
pub fn failures(expected: &EvalAssertions, calls: &[MadeCall], answer: &str) -> Vec<String> {
    let answer = answer.to_lowercase();
    let says = |text: &&String| answer.contains(&text.to_lowercase());
    let missing = expected.must_call.iter().flatten().filter(|call| !was_made(call, calls));
    let forbidden = expected.must_not_call.iter().flatten();
    let forbidden = forbidden.filter(|tool| calls.iter().any(|call| call.tool == **tool));
    let unsaid = expected.answer_contains.iter().flatten().filter(|text| !says(text));
    let said = expected.answer_not_contains.iter().flatten().filter(says);
    missing
        .map(|call| {
            let arguments = python_text(&Value::Object(Object::from_json(call.args.clone())));
            format!("Expected call to '{}' with args {arguments} not found", call.tool)
        })
        .chain(forbidden.map(|tool| format!("Tool '{tool}' was called but should not have been")))
        .chain(unsaid.map(|text| format!("Expected text '{text}' not found in response")))
        .chain(said.map(|text| format!("Forbidden text '{text}' found in response")))
        .collect()
}

/// Whether a tool was called with these arguments; others that the call has are ignored.
fn was_made(expected: &ExpectedCall, calls: &[MadeCall]) -> bool {
    let fields = Object::from_json(expected.args.clone());
    calls.iter().filter(|call| call.tool == expected.tool).any(|call| {
        let arguments = call.arguments.clone().unwrap_or_default();
        has_fields(&Value::Object(arguments), &fields)
    })
}
