//! Tests: what is wrong with them, found before they run.

use crate::call::{ArgumentError, Principal, UnknownArguments};
use crate::definition::Endpoint;
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{ExpectedText, TestCase};
use crate::types::Parameters;
use crate::value::{Object, Value};
use crate::yaml::{DocPath, Report};

/// Checks the tests of an endpoint whose parameters are right.
pub(super) fn check(endpoint: &Endpoint, report: &mut Report<'_>) {
    let list = DocPath::root().key(endpoint.kind.as_str()).key("tests");
    for (index, test) in endpoint.tests.iter().enumerate() {
        let path = list.index(index);
        check_expectation(test, &path, report);
        check_caller(test, &path, report);
        if !test.error.as_ref().is_some_and(ExpectedText::is_expected) {
            check_arguments(test, &endpoint.parameters, &path, report);
        }
    }
}

/// A call that fails has no result.
fn check_expectation(test: &TestCase, path: &DocPath, report: &mut Report<'_>) {
    let Some(result) = test.result_key() else { return };
    for (key, expected) in [("error", &test.error), ("denied", &test.denied)] {
        if expected.as_ref().is_some_and(ExpectedText::is_expected) {
            let problem =
                format!("a call that is expected to fail has no result that `{result}` could check");
            let help = format!("remove `{key}` or `{result}`");
            let problem = Diagnostic::error(Code::InvalidValue, problem).help(help);
            report.add_at_key(&path.key(key), problem);
        }
    }
}

fn check_caller(test: &TestCase, path: &DocPath, report: &mut Report<'_>) {
    let Some(context) = &test.user_context else { return };
    if let Err(error) = Principal::from_context(Value::Object(Object::from_json(context.clone())), "test") {
        report.warning(Code::TestArgument, &path.key("user_context"), error.to_string());
    }
}

fn check_arguments(test: &TestCase, parameters: &Parameters, path: &DocPath, report: &mut Report<'_>) {
    let Err(problems) = parameters.bind(test.call_arguments(), UnknownArguments::Refuse) else { return };
    let list = path.key("arguments");
    for problem in &problems {
        let name = name_in(problem);
        let is_written = test.arguments.iter().any(|argument| argument.key == name);
        // Who calls may be said on the command line as well.
        if !is_written && parameters.get(name).is_some_and(|parameter| !parameter.is_given()) {
            continue;
        }
        let place = match test.arguments.iter().rposition(|argument| argument.key == name) {
            Some(index) if parameters.get(name).is_some() => list.index(index).key("value"),
            Some(index) => list.index(index).key("key"),
            None => list.clone(),
        };
        let warning = Diagnostic::warning(Code::TestArgument, problem.message.clone());
        report.add(&place, warning.help("expect it with `error`, or give what the endpoint takes"));
    }
}

/// The parameter that a problem is about. Its names have nothing that a pointer would escape.
fn name_in(problem: &ArgumentError) -> &str {
    problem.pointer.split('/').nth(1).unwrap_or_default()
}
