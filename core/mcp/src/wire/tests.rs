use mxcp_core::definition::Kind;
use mxcp_core::types::ContentPlan;
use mxcp_core::value::{ExactNumber, Object};
use serde_json::json;

use mxcp_core::call::ExceededLimit;

use super::*;

fn blocks(value: serde_json::Value) -> Vec<String> {
    texts(&success(
        &Success { value: Value::from_json(value), typed: false, content: None, part: None },
        TextFormat::Json,
    ))
}

fn texts(result: &CallToolResult) -> Vec<String> {
    result.content.iter().map(|block| block.as_text().unwrap().text.clone()).collect()
}

fn structured_content(value: Value) -> serde_json::Value {
    success(&Success { value, typed: true, content: None, part: None }, TextFormat::Json)
        .structured_content
        .unwrap()
}

#[test]
fn a_text_is_one_bare_block() {
    assert_eq!(blocks(json!("grüß \"dich\"")), ["grüß \"dich\""]);
}

#[test]
fn numbers_and_booleans_are_one_block() {
    assert_eq!(blocks(json!(7)), ["7"]);
    assert_eq!(blocks(json!(7.5)), ["7.5"]);
    assert_eq!(blocks(json!(5.0)), ["5.0"]);
    assert_eq!(blocks(json!(true)), ["true"]);
}

#[test]
fn null_and_the_empty_list_have_no_block() {
    assert_eq!(blocks(json!(null)), Vec::<String>::new());
    assert_eq!(blocks(json!([])), Vec::<String>::new());
}

#[test]
fn an_object_is_indented_by_two_and_keeps_its_order() {
    assert_eq!(blocks(json!({"b": 1, "a": [2]})), ["{\n  \"b\": 1,\n  \"a\": [\n    2\n  ]\n}"]);
}

#[test]
fn a_list_has_a_block_per_element_flattened_and_without_nulls() {
    assert_eq!(blocks(json!([1, null, ["a", [2]], {"x": 1}])), ["1", "a", "2", "{\n  \"x\": 1\n}"]);
}

#[test]
fn exact_numbers_keep_their_digits_everywhere() {
    let value = Value::Number(ExactNumber::from_decimal(12_345_678_901_234_567_890_123, 2));
    let result =
        success(&Success { value: value.clone(), typed: true, content: None, part: None }, TextFormat::Json);
    assert_eq!(texts(&result), ["123456789012345678901.23"]);
    let wire = serde_json::to_string(&result).unwrap();
    assert!(wire.contains(r#""structuredContent":{"result":123456789012345678901.23}"#), "{wire}");
    let object = Value::Object(Object::from_iter([("n", value)]));
    assert!(serde_json::to_string(&structured_content(object)).unwrap().contains("123456789012345678901.23"));
}

#[test]
fn dates_and_bytes_are_their_texts() {
    let date = Value::Date(chrono::NaiveDate::from_ymd_opt(2026, 1, 2).unwrap());
    assert_eq!(
        texts(&success(&Success { value: date, typed: false, content: None, part: None }, TextFormat::Json)),
        ["2026-01-02"]
    );
    let bytes = Value::Bytes(vec![0, 255]);
    assert_eq!(
        texts(&success(&Success { value: bytes, typed: false, content: None, part: None }, TextFormat::Json)),
        ["AP8="]
    );
}

#[test]
fn structured_content_wraps_all_but_objects() {
    assert_eq!(structured_content(Value::from_json(json!({"a": null}))), json!({"a": null}));
    assert_eq!(structured_content(Value::from_json(json!([1, null]))), json!({"result": [1, null]}));
    assert_eq!(structured_content(Value::Null), json!({"result": null}));
}

#[test]
fn without_a_declared_return_there_is_no_structured_content() {
    let result = success(
        &Success { value: Value::from_json(json!({"a": 1})), typed: false, content: None, part: None },
        TextFormat::Json,
    );
    assert_eq!(result.structured_content, None);
}

#[test]
fn images_sound_and_resources_are_blocks_of_their_own_and_nothing_is_sent_twice() {
    let plan = ContentPlan::Parts(vec![
        ("text".into(), ContentPlan::Plain),
        ("image".into(), ContentPlan::Image("image/png".into())),
        ("audio".into(), ContentPlan::Audio("audio/wav".into())),
        ("resource".into(), ContentPlan::Resource),
        ("link".into(), ContentPlan::ResourceLink),
    ]);
    let value = Value::from_json(json!({
        "text": "see",
        "image": "AP8=",
        "audio": "AAAA",
        "resource": {"uri": "a:b", "mimeType": "text/plain", "text": "x"},
        "link": {"uri": "c:d", "name": "n", "size": 3},
        "more": {"k": 1},
    }));
    let result = success(
        &Success { value, typed: true, content: Some(Arc::new(plan)), part: None },
        TextFormat::Markdown,
    );
    assert_eq!(
        serde_json::to_value(&result.content).unwrap(),
        json!([
            {"type": "text", "text": "see"},
            {"type": "image", "data": "AP8=", "mimeType": "image/png"},
            {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
            {"type": "resource", "resource": {"uri": "a:b", "mimeType": "text/plain", "text": "x"}},
            {"type": "resource_link", "uri": "c:d", "name": "n", "size": 3},
            {"type": "text", "text": "{\n  \"k\": 1\n}"},
        ])
    );
    assert_eq!(result.structured_content, None);
}

#[test]
fn an_unknown_tool_is_a_protocol_error() {
    let error = CallError::UnknownEndpoint { kind: Kind::Tool, name: "nope".into() };
    let error = failure("nope", &error).unwrap_err();
    assert_eq!(error.code.0, -32602);
    assert_eq!(error.message, "Unknown tool: nope");
}

#[test]
fn bad_arguments_name_their_place_one_line_each() {
    let errors = vec![
        ArgumentError { pointer: "/order/items/0".into(), message: "Error validating parameter 'x'".into() },
        ArgumentError { pointer: String::new(), message: "Unexpected parameter: z".into() },
    ];
    let result = failure("t", &CallError::InvalidArguments(errors)).unwrap();
    assert_eq!(result.is_error, Some(true));
    assert_eq!(
        texts(&result),
        ["Error executing tool t: /order/items/0: Error validating parameter 'x'\nUnexpected parameter: z"]
    );
}

#[test]
fn other_failures_are_readable_results() {
    let denied = failure("t", &CallError::InputDenied { reason: "no".into() }).unwrap();
    assert_eq!(texts(&denied), ["Error executing tool t: Policy enforcement failed: no"]);
    let internal = failure("t", &CallError::Internal { request_id: "r1".into() }).unwrap();
    assert_eq!(texts(&internal), ["Error executing tool t: Internal error (request r1)"]);
    assert_eq!(internal.structured_content, None);
}

#[test]
fn a_tool_keeps_its_schema_word_for_word() {
    let input = json!({"type": "object", "$defs": {"a": {}}, "x-own": 1, "properties": {"b": {}, "a": {}}});
    let tool = tool(&ToolDescription {
        name: "t".into(),
        description: String::new(),
        input_schema: input.clone(),
        output_schema: None,
        annotations: None,
    });
    let wire = serde_json::to_value(&tool).unwrap();
    assert_eq!(wire, json!({"name": "t", "description": "", "inputSchema": input}));
    assert_eq!(wire["inputSchema"].to_string(), input.to_string());
}

#[test]
fn whoever_calls_too_often_learns_when_to_try_again() {
    let error = CallError::LimitExceeded { limit: ExceededLimit::Rate, retry_after_seconds: 12 };
    let again = json!({ "io.mxcp/retryAfter": 12 });
    let tool = serde_json::to_value(failure("t", &error).unwrap()).unwrap();
    assert_eq!(tool["content"][0]["text"], "Error executing tool t: Rate limit exceeded: try again in 12 s");
    assert_eq!((&tool["isError"], &tool["_meta"]), (&json!(true), &again));
    for failed in [read_failure("r://x", &error), render_failure("p", &error)] {
        assert!(failed.message.ends_with("Rate limit exceeded: try again in 12 s"), "{}", failed.message);
        assert_eq!(failed.data.as_ref(), Some(&again));
    }
}

#[test]
fn a_list_is_one_block_in_the_form_that_is_asked_for_and_programs_see_no_difference() {
    let value = || Value::from_json(json!([{"id": 1, "name": "a|b"}, {"id": 2, "name": null}]));
    let of = |format| success(&Success { value: value(), typed: true, content: None, part: None }, format);
    for (format, text) in [
        (TextFormat::Toon, "[2]{id,name}:\n  1,a|b\n  2,null"),
        (TextFormat::Csv, "id,name\n1,a|b\n2,"),
        (TextFormat::Markdown, "| id | name |\n| --- | --- |\n| 1 | a\\|b |\n| 2 | |"),
    ] {
        let result = of(format);
        assert_eq!(texts(&result), [text]);
        assert_eq!(result.structured_content, of(TextFormat::Json).structured_content);
    }
}

#[test]
fn what_is_no_list_and_no_object_looks_the_same_in_every_form() {
    for value in [json!("a,b|c: d"), json!(7.50), json!(true), json!(null)] {
        let success_of = |format| {
            let value = Value::from_json(value.clone());
            texts(&success(&Success { value, typed: false, content: None, part: None }, format))
        };
        for format in [TextFormat::Toon, TextFormat::Csv, TextFormat::Markdown] {
            assert_eq!(success_of(format), success_of(TextFormat::Json));
        }
    }
}
