use std::sync::Arc;

use super::{Expectation, Unmet};
use crate::call::CallError;
use crate::definition::Kind;
use crate::diagnostic::Diagnostics;
use crate::registry::Success;
use crate::schema::TestCase;
use crate::source::SourceFile;
use crate::value::Value;
use crate::yaml::Document;

/// What a test with these assertions, in YAML, says of a reply.
fn judge(assertions: &str, kind: Kind, reply: Result<&Success, &CallError>) -> Result<(), Unmet> {
    let file = SourceFile::new("t.yml", format!("{{name: t, arguments: [], {assertions}}}"));
    let document = Document::parse(&Arc::clone(&file), &mut Diagnostics::new()).unwrap();
    let test: TestCase = document.deserialize().unwrap();
    Expectation::of(&test, kind).evaluate(reply)
}

fn judge_json(assertions: &str, kind: Kind, json: &str) -> Result<(), String> {
    let success = Success { value: Value::parse_json(json).unwrap(), typed: true, content: None, part: None };
    judge(assertions, kind, Ok(&success)).map_err(|unmet| match unmet {
        Unmet::Different(message) => message,
        Unmet::Failed(error) => panic!("{error}"),
    })
}

#[track_caller]
fn passes(assertions: &str, json: &str) {
    assert_eq!(judge_json(assertions, Kind::Tool, json), Ok(()), "{assertions} of {json}");
}

#[track_caller]
fn fails(assertions: &str, json: &str, message: &str) {
    assert_eq!(judge_json(assertions, Kind::Tool, json), Err(message.to_owned()), "{assertions} of {json}");
}

fn judge_error(assertions: &str, error: &CallError) -> Result<(), Unmet> {
    judge(assertions, Kind::Tool, Err(error))
}

#[test]
fn a_test_without_assertions_passes_when_the_call_does() {
    passes("description: x", "5");
    let error = CallError::Execution("gone".to_owned());
    assert_eq!(judge_error("description: x", &error), Err(Unmet::Failed(error)));
}

#[test]
fn the_whole_result_is_compared_as_it_is() {
    passes("result: 0", "0");
    passes("result: false", "false");
    passes("result: ''", "\"\"");
    passes("result: {}", "{}");
    passes("result: 5", "5.0");
    passes("result: {b: 1, a: [x]}", r#"{"a": ["x"], "b": 1}"#);
    passes("result: 9007199254740993", "9007199254740993");
    passes("result: 2024-02-29", "\"2024-02-29T00:00:00\"");
    passes("result: 2024-02-29", "\"2024-02-29\"");
    passes("result: 2024-02-29 13:14:15", "\"2024-02-29T13:14:15\"");
    fails("result: 5", "true", "Result does not match expected output.\nExpected: 5\nGot: true");
    fails(
        "result: {b: 1, a: 2}",
        r#"{"b": 1, "a": 3}"#,
        "Result does not match expected output.\nExpected: {\"a\":2,\"b\":1}\nGot: {\"a\":3,\"b\":1}",
    );
    assert!(judge_json("result: 9007199254740993", Kind::Tool, "9007199254740992").is_err());
}

#[test]
fn null_that_is_written_is_asserted_and_nothing_may_be_a_list() {
    passes("result: null", "null");
    passes("result: []", "null");
    fails("result: null", "1", "Result does not match expected output.\nExpected: null\nGot: 1");
    fails("result: []", "0", "Result does not match expected output.\nExpected: []\nGot: 0");
    fails("result: null", "[]", "Result does not match expected output.\nExpected: null\nGot: []");
}

#[test]
fn null_of_the_other_assertions_expects_nothing() {
    for key in ["result_contains", "result_contains_item", "result_contains_all", "result_contains_text"] {
        passes(&format!("{key}: null"), "5");
    }
}

#[test]
fn fields_of_an_object_are_compared_whole() {
    passes("result_contains: {a: 1}", r#"{"a": 1.0, "b": 2}"#);
    passes("result_contains: {a: 1}", r#"{"a": true}"#);
    fails("result_contains: {zz: 1}", r#"{"a": 1}"#, "Expected field 'zz' not found in result");
    fails("result_contains: {id: 2}", r#"{"id": 1}"#, "Field 'id' has value 1, expected 2");
    fails(
        "result_contains: {o: {a: 1}}",
        r#"{"o": {"a": 1, "b": 2}}"#,
        "Field 'o' has value {\"a\":1,\"b\":2}, expected {\"a\":1}",
    );
}

#[test]
fn one_item_of_a_list_has_the_fields_or_is_the_value() {
    passes("result_contains: {a: 1}", r#"[3, {"a": 1, "b": 2}]"#);
    passes("result_contains: [1, 2]", "[[1, 2], 3]");
    fails(
        "result_contains: {a: 1, b: 2}",
        r#"[{"a": 1}, {"b": 2}]"#,
        "No item in array contains the expected fields: {\"a\":1,\"b\":2}",
    );
    fails("result_contains: a", r#"["b"]"#, "Array does not contain expected value: \"a\"");
    fails("result_contains: [1, 2]", "[1, 2]", "Array does not contain expected value: [1,2]");
    let problem = "result_contains assertion requires object or array result, got string";
    fails("result_contains: a", "\"a\"", problem);
    let problem = "result_contains assertion on an object result requires an object of fields, got string";
    fails("result_contains: a", r#"{"a": "a"}"#, problem);
}

#[test]
fn fields_must_be_absent_from_every_object() {
    passes("result_not_contains: [pw]", r#"{"a": 1}"#);
    passes("result_not_contains: [pw]", r#"[{"a": 1}, "pw"]"#);
    let problem = "Field 'pw' should not be present in result but was found";
    fails("result_not_contains: [x, pw]", r#"{"pw": null}"#, problem);
    fails("result_not_contains: [pw]", r#"[{"a": 1}, {"pw": 1}]"#, problem);
    let problem = "result_not_contains assertion requires object or array result, got null";
    fails("result_not_contains: [pw]", "null", problem);
}

#[test]
fn items_are_found_by_value_or_by_their_fields() {
    passes("result_contains_item: {a: 1}", r#"[{"a": 1, "b": 2}]"#);
    passes("result_contains_item: 1", "[true]");
    passes("result_contains_all: [null]", "[null]");
    fails("result_contains_item: {a: 1}", "[]", "Array does not contain expected item: {\"a\":1}");
    let problem = "result_contains_item assertion requires array result, got object";
    fails("result_contains_item: 1", "{}", problem);
    passes("result_contains_all: [1, {a: 1}, {b: 2}]", r#"[{"a": 1, "b": 2}, 1]"#);
    passes("result_contains_all: []", "5");
    fails("result_contains_all: [1, 2]", "[1]", "Array does not contain expected item: 2");
    fails(
        "result_contains_all: [1]",
        "1",
        "result_contains_all assertion requires array result, got integer",
    );
}

#[test]
fn only_lists_have_a_length() {
    passes("result_length: 2", "[1, 2]");
    passes("result_length: 0", "[]");
    fails("result_length: 2", "[1, 2, 3]", "Array has 3 items, expected 2");
    fails("result_length: 0", "null", "result_length assertion requires array result, got null");
}

#[test]
fn text_is_found_in_any_result() {
    passes("result_contains_text: ell", "\"hello\"");
    passes("result_contains_text: \"'name': 'A'\"", r#"{"name": "A"}"#);
    passes("result_contains_text: '\"name\":\"A\"'", r#"{"name": "A"}"#);
    passes("result_contains_text: 'True'", "true");
    fails("result_contains_text: zzz", "\"hello\"", "Result does not contain expected text: 'zzz'");
}

#[test]
fn the_first_assertion_that_fails_is_told() {
    fails("result_length: 3, result_contains: 7", "[1, 2]", "Array does not contain expected value: 7");
}

#[test]
fn a_prompt_is_what_its_assistant_says_last() {
    let messages = |text: &str| {
        format!(
            r#"[{{"prompt": "hi", "role": "user", "type": "text"}},
                {{"prompt": "first", "role": "assistant", "type": "text"}},
                {{"prompt": {text}, "role": "assistant", "type": "text"}}]"#
        )
    };
    let judged = |assertions: &str, json: &str| judge_json(assertions, Kind::Prompt, json);
    assert_eq!(judged("result: done", &messages("\" done \\n\"")), Ok(()));
    assert_eq!(judged("result_contains: {a: 1}", &messages(r#""{\"a\": 1}""#)), Ok(()));
    assert_eq!(judged("result: '{a}'", &messages(r#""{a}""#)), Ok(()));
    let user = r#"[{"prompt": "hi", "role": "user", "type": "text"}]"#;
    assert_eq!(judged("result_contains_item: {role: user, prompt: hi}", user), Ok(()));
}

#[test]
fn expected_errors_pass_and_others_are_shown() {
    let error = CallError::Execution("Failed to execute SQL: no table".to_owned());
    assert_eq!(judge_error("error: no table", &error), Ok(()));
    assert_eq!(judge_error("error: true", &error), Ok(()));
    assert_eq!(judge_error("error: false", &error), Err(Unmet::Failed(error.clone())));
    let shown = "Error does not contain expected text: 'zzz'\nGot: Failed to execute SQL: no table";
    assert_eq!(judge_error("error: zzz", &error), Err(Unmet::Different(shown.to_owned())));
    let success = Success { value: Value::Int(1), typed: true, content: None, part: None };
    let shown = "Call was expected to fail, but succeeded.\nGot: 1";
    assert_eq!(judge("error: x", Kind::Tool, Ok(&success)), Err(Unmet::Different(shown.to_owned())));
}

#[test]
fn denials_are_of_policies_only() {
    let denied = CallError::OutputDenied { reason: "not yours".to_owned() };
    assert_eq!(judge_error("denied: yours", &denied), Ok(()));
    assert_eq!(judge_error("denied: true", &denied), Ok(()));
    assert_eq!(judge_error("error: 'Output policy enforcement failed: not yours'", &denied), Ok(()));
    let shown = "Reason of the denial does not contain expected text: 'Output policy'\nGot: not yours";
    assert_eq!(judge_error("denied: Output policy", &denied), Err(Unmet::Different(shown.to_owned())));
    let shown = "Call was not denied by a policy, it failed: denied";
    let failed = CallError::Execution("denied".to_owned());
    assert_eq!(judge_error("denied: true", &failed), Err(Unmet::Different(shown.to_owned())));
}

#[test]
fn what_befalls_the_program_satisfies_no_test() {
    for error in [CallError::Cancelled, CallError::Overloaded] {
        assert_eq!(judge_error("error: true", &error), Err(Unmet::Failed(error.clone())));
    }
}
