//! Both eras of the protocol, and what is none of it.

use serde_json::{Value as Json, json};

use super::{Edge, body, message, modern, post, with};
use crate::http::Request;

fn names(listing: &Json, list: &str, key: &str) -> Vec<String> {
    let items = listing["result"][list].as_array().unwrap_or_else(|| panic!("{listing}"));
    items.iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_handshake_promises_what_an_edge_keeps() {
    let params = |version: &str| json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    let mut edge = Edge::anonymous();
    let answer = edge.ask("initialize", params("2025-06-18"));
    assert_eq!(
        answer,
        json!({"jsonrpc": "2.0", "id": 1, "result": {
            "protocolVersion": "2025-06-18",
            "capabilities": {"completions": {}, "prompts": {}, "resources": {}, "tools": {}},
            "serverInfo": {"name": "mxcp", "title": "mxcp", "version": "1.2.3"},
        }})
    );
    for version in ["2026-07-28", "1999-01-01"] {
        assert_eq!(edge.ask("initialize", params(version))["result"]["protocolVersion"], "2025-11-25");
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    assert_eq!(edge.send(&post(&notification)).status, 202);
    assert_eq!(edge.ask("ping", json!({}))["result"], json!({}));
}

#[test]
fn lists_are_the_same_in_both_eras_but_for_what_is_said_of_them() {
    let mut edge = Edge::anonymous();
    let (status, discovered) = edge.ask_modern("server/discover", json!({}));
    assert_eq!((status, &discovered["result"]["resultType"]), (200, &json!("complete")));
    assert_eq!(discovered["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["version"], "1.2.3");
    for (method, list, key, expected) in [
        ("resources/list", "resources", "uri", &[][..]),
        ("resources/templates/list", "resourceTemplates", "uriTemplate", &["days://{day}"][..]),
        ("prompts/list", "prompts", "name", &["greet"][..]),
    ] {
        let legacy = edge.ask(method, json!({}));
        assert_eq!(names(&legacy, list, key), expected, "{method}");
        assert!(legacy["result"].get("resultType").is_none() && legacy["result"].get("ttlMs").is_none());
        let (status, modern) = edge.ask_modern(method, json!({}));
        assert_eq!((status, &modern["result"][list]), (200, &legacy["result"][list]));
        assert_eq!(modern["result"]["ttlMs"], 60_000);
        assert_eq!(modern["result"]["cacheScope"], "private");
        assert_eq!(modern["result"]["resultType"], "complete");
    }
}

#[test]
fn nobody_in_particular_is_not_shown_what_admins_may_call() {
    let mut edge = Edge::anonymous();
    let tools = names(&edge.ask("tools/list", json!({})), "tools", "name");
    assert!(tools.contains(&"rows".to_owned()) && !tools.contains(&"admins".to_owned()), "{tools:?}");
    let denied = edge.ask("tools/call", json!({"name": "admins"}));
    assert_eq!(denied["result"]["isError"], true);
    assert_eq!(
        denied["result"]["content"][0]["text"],
        "Error executing tool admins: Policy enforcement failed: no"
    );
    assert!(edge.host.fetched.is_empty());
}

#[test]
fn prompts_are_rendered_and_arguments_completed_here() {
    let mut edge = Edge::anonymous();
    let rendered = edge.ask("prompts/get", json!({"name": "greet", "arguments": {"who": "Ada"}}));
    assert_eq!(
        rendered["result"],
        json!({"description": "d", "messages": [{"role": "user", "content": {"type": "text", "text": "Hello Ada"}}]})
    );
    assert_eq!(edge.ask("prompts/get", json!({"name": "nope"}))["error"]["code"], -32602);
    let reference =
        json!({"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "who", "value": ""}});
    assert_eq!(edge.ask("completion/complete", reference)["result"]["completion"]["values"], json!([]));
    assert!(edge.host.fetched.is_empty());
}

#[test]
fn a_built_in_function_is_called_with_values_of_its_types() {
    let mut edge = Edge::anonymous();
    let answer = edge.ask("tools/call", json!({"name": "count", "arguments": {"max_items": 7}}));
    assert_eq!(answer["result"]["content"], json!([{"type": "text", "text": "42"}]));
    assert_eq!(edge.host.invoked, [(0, vec![mxcp_core::wit::Value::U8(7)])]);
    let answer = edge.ask("tools/call", json!({"name": "count", "arguments": {"max_items": 256}}));
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(edge.host.invoked.len(), 1);
}

#[test]
fn calls_are_recorded_where_that_is_asked_for() {
    let mut edge = Edge::new(&[("MXCP_EDGE_ANONYMOUS", "true"), ("MXCP_EDGE_LOG", "true")]);
    edge.ask("tools/call", json!({"name": "count", "arguments": {"max_items": 7}}));
    let record: Json = serde_json::from_str(&edge.host.lines[0]).unwrap();
    assert_eq!((&record["operation_name"], &record["caller_type"]), (&json!("count"), &json!("http")));
    let mut silent = Edge::anonymous();
    silent.ask("tools/call", json!({"name": "count", "arguments": {"max_items": 7}}));
    assert!(silent.host.lines.is_empty());
}

#[test]
fn headers_of_2026_07_28_say_what_the_body_says() {
    let mut edge = Edge::anonymous();
    let params = json!({"name": "count", "arguments": {"max_items": 7}});
    assert_eq!(edge.send(&modern("tools/call", params.clone())).status, 200);
    let without = |name: &str| {
        let mut request = modern("tools/call", params.clone());
        request.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        request
    };
    let call = || modern("tools/call", params.clone());
    for (request, code) in [
        (without("Mcp-Method"), -32020),
        (without("Mcp-Name"), -32020),
        (without("MCP-Protocol-Version"), -32020),
        (with(call(), "Mcp-Name", "rows"), -32020),
        (with(call(), "Mcp-Method", "tools/list"), -32020),
        (with(call(), "MCP-Protocol-Version", "2025-11-25"), -32020),
        (with(post(&message("tools/list", json!({}))), "MCP-Protocol-Version", "2026-07-28"), -32020),
        (post(&message("server/discover", json!({}))), -32602),
        (
            post(&message(
                "tools/list",
                json!({"_meta": {"io.modelcontextprotocol/protocolVersion": "2030-01-01"}}),
            )),
            -32020,
        ),
        (
            with(
                post(&message(
                    "tools/list",
                    json!({"_meta": {"io.modelcontextprotocol/protocolVersion": "2025-11-24"}}),
                )),
                "MCP-Protocol-Version",
                "2025-11-24",
            ),
            -32022,
        ),
    ] {
        let response = edge.send(&request);
        assert_eq!((response.status, &body(&response)["error"]["code"]), (400, &json!(code)), "{request:?}");
    }
    let mut twice = call();
    twice.headers.push(("Mcp-Name".into(), b"count".to_vec()));
    assert_eq!(edge.send(&twice).status, 400);
    assert_eq!(edge.send(&with(call(), "Mcp-Name", "=?base64?Y291bnQ=?=")).status, 200);
}

#[test]
fn unknown_methods_and_malformed_params_are_told_apart() {
    let mut edge = Edge::anonymous();
    for method in ["tools/drop", "logging/setLevel", "resources/subscribe", "subscriptions/listen"] {
        assert_eq!(edge.ask(method, json!({}))["error"]["code"], -32601, "{method}");
        let (status, answer) = edge.ask_modern(method, json!({}));
        assert_eq!((status, &answer["error"]["code"]), (404, &json!(-32601)), "{method}");
    }
    assert_eq!(edge.ask_modern("ping", json!({})).1["error"]["code"], -32601);
    // The handshake is of the revisions before, whatever else the request says.
    let handshake = edge.ask_modern("initialize", json!({})).1;
    assert_eq!(handshake["error"]["message"], "Invalid params: `protocolVersion` is missing");
    let malformed = edge.ask("tools/call", json!({"name": "rows", "arguments": [1]}));
    assert_eq!(malformed["error"]["message"], "Invalid params: `arguments` must be an object");
    assert_eq!(edge.ask("tools/call", json!({"name": "nope"}))["error"]["message"], "Unknown tool: nope");
    assert_eq!(edge.ask("resources/read", json!({"uri": "x://y"}))["error"]["code"], -32002);
    let (status, unknown) = edge.ask_modern("resources/read", json!({"uri": "x://y"}));
    assert_eq!((status, &unknown["error"]["code"]), (200, &json!(-32602)));
    assert_eq!(edge.ask("tools/list", json!({"cursor": "%"}))["error"]["code"], -32602);
}

#[test]
fn bodies_that_are_no_message_are_answered_and_harm_nobody() {
    let mut edge = Edge::anonymous();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = message("tools/call", json!({"name": "x".repeat(500_000)}));
    for (text, code) in [
        ("", -32700),
        ("{", -32700),
        ("\u{0}", -32700),
        (deep.as_str(), -32700),
        ("null", -32600),
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, -32600),
    ] {
        let response = edge.send(&post(text));
        assert_eq!((response.status, &body(&response)["error"]["code"]), (400, &json!(code)), "{text:.60}");
    }
    assert_eq!(edge.send(&post(&long)).status, 200);
    let mut invalid = post("");
    invalid.body = Some(vec![0xFF, 0xFE]);
    assert_eq!(body(&edge.send(&invalid))["error"]["code"], -32700);
    let too_large = Request { body: None, ..post("") };
    assert_eq!(edge.send(&too_large).status, 413);
}

#[test]
fn requests_that_are_no_posts_of_json_are_refused() {
    let mut edge = Edge::anonymous();
    let at = |method: &str, path: &str| Request { method: method.into(), path: path.into(), ..post("") };
    let mut status = |request: &Request| edge.send(request).status;
    assert_eq!(status(&at("GET", "/health")), 200);
    assert_eq!(status(&at("GET", "/")), 404);
    assert_eq!(status(&at("POST", "/other")), 404);
    assert_eq!(status(&at("GET", "/.well-known/oauth-protected-resource")), 404);
    for method in ["GET", "DELETE", "PUT", "OPTIONS"] {
        assert_eq!(status(&at(method, "/mcp")), 405, "{method}");
    }
    let ping = || post(&message("ping", json!({})));
    assert_eq!(status(&ping()), 200);
    assert_eq!(status(&Request { path: "/mcp/".into(), ..ping() }), 200);
    assert_eq!(status(&with(ping(), "Accept", "application/json")), 406);
    assert_eq!(status(&with(ping(), "Accept", "application/json, text/event-stream;q=0")), 406);
    assert_eq!(status(&with(ping(), "Content-Type", "text/plain")), 415);
    assert_eq!(status(&with(ping(), "Content-Type", "application/json; charset=utf-8")), 200);
    assert_eq!(status(&with(ping(), "Origin", "https://evil.example")), 403);
    assert_eq!(status(&with(ping(), "Origin", "https://edge.example")), 200);
    assert_eq!(status(&with(ping(), "MCP-Protocol-Version", "1.0")), 400);
}
