use serde_json::{Value, json};

use super::*;
use crate::testing;

fn server() -> Server {
    let tool = |name: &str, more: &str| {
        format!(
            "mxcp: 1\ntool:\n  name: {name}\n  description: One\n  source: {{code: SELECT $a AS a}}\n{more}\n"
        )
    };
    let plain = tool("plain", "  parameters: [{name: a, type: string, description: A}]");
    let task = tool("task", "  task: optional\n  parameters: [{name: a, type: string, description: A}]");
    let header = tool(
        "header",
        "  input_schema: {type: object, properties: {a: {type: string, x-mcp-header: Region}}}",
    );
    testing::project_server(&[&plain, &task, &header].map(|text| (Kind::Tool, text.as_str())))
}

/// Whether a request is plain after something was done to it.
fn is_plain(tool: &str, change: impl FnOnce(&mut HeaderMap, &mut Value)) -> bool {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", tool),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    let mut message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
    "name": tool, "arguments": {"a": "x"}, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }}});
    change(&mut headers, &mut message);
    Plain::read(&server(), &headers, message.to_string().as_bytes()).is_some()
}

#[test]
fn what_clients_write_is_plain() {
    assert!(is_plain("plain", |_, _| {}));
    assert!(is_plain("unknown", |_, _| {}));
    assert!(is_plain("plain", |_, message| message["id"] = json!("text")));
    assert!(is_plain("plain", |headers, message| {
        headers.insert("mcp-method", "tools/list".parse().unwrap());
        message["method"] = json!("tools/list");
        let params = message["params"].as_object_mut().unwrap();
        params.retain(|key, _| key == "_meta");
    }));
}

#[test]
fn what_wants_more_than_an_answer_is_not() {
    assert!(!is_plain("task", |_, _| {}));
    assert!(!is_plain("plain", |_, message| message["params"]["_meta"]["progressToken"] = json!(1)));
    let level = |message: &mut Value| message["params"]["_meta"][LOG_LEVEL] = json!("debug");
    assert!(!is_plain("plain", |_, message| level(message)));
    assert!(!is_plain("plain", |_, message| message["params"]["inputResponses"] = json!({})));
}

#[test]
fn what_others_would_read_in_another_way_is_not() {
    assert!(!is_plain("header", |_, _| {}));
    for (name, value) in [
        ("mcp-name", "other"),
        ("mcp-name", "=?base64?cGxhaW4=?="),
        ("mcp-method", "tools/list"),
        ("mcp-protocol-version", "2025-11-25"),
        ("mcp-session-id", "any"),
        ("accept", "application/json"),
        ("content-type", "text/plain"),
    ] {
        assert!(
            !is_plain("plain", |headers, _| drop(headers.insert(name, value.parse().unwrap()))),
            "{name}: {value}"
        );
    }
    assert!(!is_plain("plain", |headers, _| {
        headers.append("mcp-name", "plain".parse().unwrap());
    }));
}
