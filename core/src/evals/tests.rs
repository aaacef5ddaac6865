//! Which files are suites, and what they hold a model to.

use serde_json::json;

use super::*;
use crate::diagnostic::Severity;
use crate::load::Content;
use crate::registry::Registry;
use crate::schema::EvalAssertions;
use crate::value::Value;

fn loaded(files: &[(&str, &str)]) -> Vec<LoadedSuite> {
    let files =
        files.iter().map(|(path, text)| ((*path).to_owned(), Content::Bytes(text.as_bytes().to_vec())));
    load(files, &Registry::default())
}

fn problems(text: &str) -> Vec<String> {
    let loaded = loaded(&[("evals/a.yml", text)]);
    let errors = loaded[0].findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(crate::diagnostic::Diagnostic::summary).collect()
}

fn assertions(json: serde_json::Value) -> EvalAssertions {
    serde_json::from_value(json).unwrap()
}

fn call(tool: &str, arguments: &str) -> MadeCall {
    let Value::Object(arguments) = Value::parse_json(arguments).unwrap() else { panic!("{arguments}") };
    MadeCall { tool: tool.to_owned(), arguments: Some(arguments), error: None }
}

#[test]
fn a_suite_is_what_has_the_key_of_the_format() {
    for version in ["1", "\"1\"", "\"1.0\"", "7"] {
        let text = format!("mxcp: {version}\nsuite: größe_1\ntests: []\n");
        let loaded = loaded(&[("evals/a.yml", &text)]);
        assert!(
            matches!(&loaded[0].state, SuiteState::Suite(suite) if suite.suite == "größe_1"),
            "{loaded:?}"
        );
    }
    let loaded = loaded(&[("evals/a.yml", "suite: a\ntests: []\n")]);
    assert!(matches!(loaded[0].state, SuiteState::Foreign));
    assert!(!loaded[0].findings.has_errors() && !loaded[0].findings.is_empty());
}

#[test]
fn everything_wrong_with_a_suite_is_told_at_once() {
    assert_eq!(
        problems(
            "mxcp: one\nsuite: 5a\ncolour: red\ntests: [{name: t, prompt: p}, {name: u, assertions: {}}]\n"
        ),
        [
            "mxcp: Input should be a valid integer, unable to parse string as an integer",
            "colour: Extra inputs are not permitted",
            "tests.0.assertions: Field required",
            "tests.1.prompt: Field required",
        ]
    );
    assert_eq!(
        problems("mxcp: 1\nsuite: 5a\ntests: []\ncolour: red\n"),
        ["colour: Extra inputs are not permitted", "suite: `5a` is no name"]
    );
    assert_eq!(
        problems("mxcp: 1\nsuite: 5a\ntests: [{name: a-b, prompt: p, assertions: {}}]\n"),
        ["suite: `5a` is no name", "tests.0.name: `a-b` is no name"]
    );
    assert_eq!(
        problems("mxcp: 1\nsuite: a\ntests: [{name: t, prompt: p, assertions: {must_call: [{tool: x}]}}]\n"),
        ["tests.0.assertions.must_call.0.args: Field required"]
    );
}

#[test]
fn tools_that_do_not_exist_are_warned_of() {
    let text = "mxcp: 1\nsuite: a\ntests: [{name: t, prompt: p, assertions: {must_call: [{tool: x, args: {}}], \
                must_not_call: [y]}}]\n";
    let loaded = loaded(&[("evals/a.yml", text)]);
    assert!(matches!(loaded[0].state, SuiteState::Suite(_)));
    let told: Vec<_> = loaded[0].findings.iter().map(crate::diagnostic::Diagnostic::summary).collect();
    assert_eq!(
        told,
        [
            "tests.0.assertions.must_call.0.tool: there is no tool or resource `x`",
            "tests.0.assertions.must_not_call.0: there is no tool or resource `y`"
        ]
    );
}

#[test]
fn of_two_suites_of_one_name_neither_is_run() {
    let text = "mxcp: 1\nsuite: a\ntests: []\n";
    let other = "mxcp: 1\nsuite: b\ntests: []\n";
    let loaded = loaded(&[("evals/z.yml", text), ("evals/b.yml", other), ("evals/a.yml", text)]);
    let states: Vec<_> = loaded.iter().map(|it| matches!(it.state, SuiteState::Broken)).collect();
    assert_eq!(states, [true, false, true]);
    assert_eq!(
        loaded[0].findings.iter().next().unwrap().message,
        "Duplicate eval suite name 'a' found in: evals/a.yml, evals/z.yml"
    );
}

#[test]
fn failures_are_told_in_order_and_in_the_words_of_the_reference() {
    let expected = assertions(json!({
        "must_call": [{ "tool": "add", "args": { "a": 5 } }, { "tool": "add", "args": { "a": "it" } }],
        "must_not_call": ["who", "nobody"],
        "answer_contains": ["x"],
        "answer_not_contains": ["ÄPFEL"],
    }));
    assert_eq!(
        failures(&expected, &[call("who", "{}")], "Es gibt äpfel"),
        [
            "Expected call to 'add' with args {'a': 5} not found",
            "Expected call to 'add' with args {'a': 'it'} not found",
            "Tool 'who' was called but should not have been",
            "Expected text 'x' not found in response",
            "Forbidden text 'ÄPFEL' found in response",
        ]
    );
}

#[test]
fn expected_arguments_are_compared_by_value_and_others_are_ignored() {
    let made = [call("add", r#"{"a": 1.0, "b": [1, {"c": null}], "d": true}"#)];
    let holds = |args: serde_json::Value| {
        let expected = assertions(json!({ "must_call": [{ "tool": "add", "args": args }] }));
        failures(&expected, &made, "").is_empty()
    };
    assert!(holds(json!({})) && holds(json!({ "a": 1 })) && holds(json!({ "b": [1.0, { "c": null }] })));
    assert!(!holds(json!({ "a": "1" })) && !holds(json!({ "a": 2 })) && !holds(json!({ "e": null })));
    assert!(!holds(json!({ "b": [1] })));
}

#[test]
fn a_call_that_failed_or_could_not_be_read_counts() {
    let made = MadeCall { tool: "add".to_owned(), arguments: None, error: Some("odd".to_owned()) };
    let expected =
        assertions(json!({ "must_call": [{ "tool": "add", "args": {} }], "must_not_call": ["add"] }));
    assert_eq!(failures(&expected, &[made], ""), ["Tool 'add' was called but should not have been"]);
    assert_eq!(failures(&EvalAssertions::default(), &[], ""), Vec::<String>::new());
}
