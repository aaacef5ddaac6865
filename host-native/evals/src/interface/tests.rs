//! What is written and read, interface by interface.

use serde_json::json;

use super::*;

const CLAUDE: &dyn Interface = &claude::Claude;
const OPENAI: &dyn Interface = &openai::OpenAi;

fn tool() -> Tool {
    Tool {
        name: "a.b".to_owned(),
        offered_as: "a_b".to_owned(),
        description: "does it".to_owned(),
        input_schema: json!({ "type": "object", "properties": {} }),
        returns: None,
        tags: Vec::new(),
    }
}

fn body_with(interface: &dyn Interface, tools: &[Tool]) -> Json {
    let messages = interface.opening("How many?");
    body(interface, &Request { model: "m", messages: &messages, tools, limit_key: LIMIT_KEYS[0] })
}

fn arguments(json: &str) -> Option<Object> {
    object(&serde_json::from_str(json).unwrap())
}

#[test]
fn requests_have_the_form_of_their_interface() {
    let message = json!({ "role": "user", "content": "How many?" });
    assert_eq!(body_with(CLAUDE, &[]), json!({ "model": "m", "messages": [message], "max_tokens": 4096 }));
    assert_eq!(
        body_with(CLAUDE, &[tool()])["tools"],
        json!([{ "name": "a_b", "description": "does it", "input_schema": { "type": "object", "properties": {} } }])
    );
    let openai = body_with(OPENAI, &[tool()]);
    assert_eq!((&openai["messages"][0]["role"], &openai["messages"][1]), (&json!("system"), &message));
    assert_eq!(
        openai["tools"],
        json!([{ "type": "function", "function": {
            "name": "a_b", "description": "does it", "parameters": { "type": "object", "properties": {} }
        } }])
    );
    assert_eq!(body_with(OPENAI, &[]).get("tools"), None);
    assert_eq!(CLAUDE.url("http://a"), "http://a/v1/messages");
    assert_eq!(OPENAI.url("http://a/v1"), "http://a/v1/chat/completions");
}

#[test]
fn keys_are_where_services_look_for_them() {
    let key = Secret::new("k");
    assert_eq!(
        CLAUDE.headers(&key),
        [("x-api-key", "k".to_owned()), ("anthropic-version", "2023-06-01".to_owned())]
    );
    assert_eq!(OPENAI.headers(&key), [("authorization", "Bearer k".to_owned())]);
}

#[test]
fn all_blocks_of_claude_are_read_and_repeated_word_for_word() {
    let content = json!([
        { "type": "thinking", "thinking": "hm", "signature": "s" },
        { "type": "text", "text": "Let me " },
        { "type": "text", "text": "see." },
        { "type": "tool_use", "id": "t1", "name": "a_b", "input": { "n": 1 } },
    ]);
    let usage = json!({ "input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 5 });
    let answer = CLAUDE.read(&json!({ "content": content, "usage": usage })).unwrap();
    assert_eq!(answer.text, "Let me see.");
    let call =
        NativeCall { id: "t1".to_owned(), name: "a_b".to_owned(), arguments: arguments(r#"{"n": 1}"#) };
    assert_eq!(answer.calls, [call]);
    assert_eq!(answer.message, json!({ "role": "assistant", "content": content }));
    assert_eq!((answer.input_tokens, answer.output_tokens), (10, 5));
    for other in [json!({}), json!({ "content": "text" }), json!([])] {
        assert_eq!(CLAUDE.read(&other), None, "{other}");
    }
}

#[test]
fn answers_of_openai_are_read_and_repeated_without_what_only_answers_have() {
    let calls =
        json!([{ "id": "c1", "type": "function", "function": { "name": "a_b", "arguments": "{\"n\": 1}" } }]);
    let message = json!({ "role": "assistant", "content": null, "refusal": null, "annotations": [], "tool_calls": calls });
    let usage = json!({ "prompt_tokens": 7, "completion_tokens": 5 });
    let answer = OPENAI.read(&json!({ "choices": [{ "message": message }], "usage": usage })).unwrap();
    assert_eq!((answer.text.as_str(), answer.calls[0].arguments.clone()), ("", arguments(r#"{"n": 1}"#)));
    assert_eq!(answer.message, json!({ "role": "assistant", "content": null, "tool_calls": calls }));
    assert_eq!((answer.input_tokens, answer.output_tokens), (7, 5));

    let text = |content: Json| OPENAI.read(&json!({ "choices": [{ "message": { "content": content } }] }));
    assert_eq!(text(json!("yes")).unwrap().text, "yes");
    assert_eq!(
        text(json!([{ "type": "text", "text": "y" }, { "type": "text", "text": "es" }])).unwrap().text,
        "yes"
    );
    assert_eq!(text(json!(5)), None);
    assert_eq!(OPENAI.read(&json!({ "choices": [] })), None);
}

#[test]
fn arguments_that_are_no_object_are_none() {
    let call = |written: Json| {
        let message =
            json!({ "tool_calls": [{ "id": "c", "function": { "name": "a", "arguments": written } }] });
        OPENAI.read(&json!({ "choices": [{ "message": message }] })).unwrap().calls.remove(0).arguments
    };
    assert_eq!(call(json!("{\"n\": ")), None);
    assert_eq!(call(json!("[1]")), None);
    assert_eq!(call(json!("")), Some(Object::new()));
    assert_eq!(call(json!({ "n": 1 })), arguments(r#"{"n": 1}"#));
}

#[test]
fn results_name_their_calls_and_say_whether_they_failed() {
    let results = [
        ToolResult { id: "c1", text: "[1]", failed: false },
        ToolResult { id: "c2", text: "odd", failed: true },
    ];
    assert_eq!(
        CLAUDE.results(&results),
        [json!({ "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "c1", "content": "[1]" },
            { "type": "tool_result", "tool_use_id": "c2", "content": "odd", "is_error": true },
        ] })]
    );
    assert_eq!(
        OPENAI.results(&results),
        [
            json!({ "role": "tool", "tool_call_id": "c1", "content": "[1]" }),
            json!({ "role": "tool", "tool_call_id": "c2", "content": "Error: odd" }),
        ]
    );
}
