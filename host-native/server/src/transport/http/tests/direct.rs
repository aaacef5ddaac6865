//! Whoever answers, rmcp or not: the answer is the same.

use super::*;

/// Written with a weight, which means the same, so that rmcp gets the request.
const ROUNDABOUT: &str = "application/json;q=1, text/event-stream;q=1";

fn message(method: &str, params: &Value) -> Value {
    let mut message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    message["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    message
}

fn call(name: &str, arguments: &Value) -> Value {
    message("tools/call", &json!({"name": name, "arguments": arguments}))
}

/// What both ways answer to a request with these headers beside the version: status, kind and body, without what is
/// different for each call.
async fn both(server: &Running, headers: &[(&str, &str)], message: &Value) -> [(u16, String, Value); 2] {
    let headers = [&[("MCP-Protocol-Version", "2026-07-28")][..], headers].concat();
    let roundabout = [&[("Accept", ROUNDABOUT)][..], &headers].concat();
    let mut answers = Vec::new();
    for headers in [headers, roundabout] {
        let answer = server.post(&headers, &message.to_string()).await;
        let kind = answer.header("content-type").unwrap_or_default().to_owned();
        let body = serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body));
        answers.push((answer.status, kind, body));
    }
    answers.try_into().unwrap()
}

#[tokio::test]
async fn what_is_answered_directly_is_answered_as_rmcp_does() {
    let server = start(false, Limits::default()).await;
    let sql = |text: &str| call("execute_sql_query", &json!({"sql": text}));
    let called: &[(&str, &str)] = &[("Mcp-Method", "tools/call"), ("Mcp-Name", "execute_sql_query")];
    let other: &[(&str, &str)] = &[("Mcp-Method", "tools/call"), ("Mcp-Name", "nothing")];
    let listed: &[(&str, &str)] = &[("Mcp-Method", "tools/list")];
    let twice: &[(&str, &str)] = &[("Mcp-Method", "tools/list"), ("Mcp-Method", "tools/list")];
    let changed = |pointer: &str, value: Value| {
        let mut message = sql("SELECT 1");
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        message.pointer_mut(parent).unwrap()[key] = value;
        message
    };
    let meta = |key: &str, value: Value| {
        let mut message = sql("speak");
        message["params"]["_meta"][format!("io.modelcontextprotocol/{key}")] = value;
        message
    };
    let requests = [
        (called, sql("SELECT 1")),
        (called, sql("fail")),
        (called, sql("")),
        (called, changed("/id", json!("text \" with a quote"))),
        (called, changed("/id", json!(-5))),
        (called, changed("/id", json!(1.5))),
        (called, changed("/id", Value::Null)),
        (called, changed("/jsonrpc", json!("1.0"))),
        (called, changed("/more", json!(1))),
        (called, changed("/params/more", json!(1))),
        (called, changed("/params/arguments", Value::Null)),
        (called, changed("/params/arguments", json!([]))),
        (called, changed("/params/arguments/sql", json!(12345678901234567890123_u128 as f64))),
        (called, changed("/params/name", json!("nothing"))),
        (called, changed("/method", json!("tools/list"))),
        (called, meta("protocolVersion", json!("2025-11-25"))),
        (called, meta("protocolVersion", json!("2099-01-01"))),
        (called, meta("clientCapabilities", Value::Null)),
        (called, meta("clientCapabilities", json!("many"))),
        (called, meta("logLevel", json!("nonsense"))),
        (other, call("nothing", &json!({}))),
        (&called[..1], sql("SELECT 1")),
        (&called[1..], sql("SELECT 1")),
        (listed, message("tools/list", &json!({}))),
        (listed, message("tools/list", &json!({"cursor": null}))),
        (listed, message("tools/list", &json!({"cursor": "none of ours"}))),
        (twice, message("tools/list", &json!({}))),
        (listed, json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})),
        (&[("Mcp-Method", "prompts/list")], message("prompts/list", &json!({}))),
        (&[("Mcp-Method", "tools/gone")], message("tools/gone", &json!({}))),
    ];
    for (headers, message) in requests {
        let [direct, through_rmcp] = both(&server, headers, &message).await;
        assert_eq!(direct, through_rmcp, "{headers:?} {message}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_panic_stays_within_its_call() {
    let server = start(false, Limits::default()).await;
    for text in ["panic", "SELECT 1"] {
        let answer = server.post(&MODERN, &modern_query(text)).await;
        assert_eq!(answer.json()["result"]["isError"], text == "panic", "{}", answer.body);
    }
    server.stop().await;
}

#[tokio::test]
async fn the_list_that_was_written_before_is_that_of_the_generation() {
    let tool = |name| {
        format!(
            "mxcp: 1\ntool:\n  name: {name}\n  description: One\n  parameters: []\n  source: {{code: SELECT 1}}\n"
        )
    };
    let first = tool("first");
    let server = testing::project_server(&[(Kind::Tool, first.as_str())]);
    let page = crate::tools::first_page(&server).unwrap();
    assert_eq!(page, crate::tools::first_page(&server).unwrap());
    let names = |page: &[u8]| serde_json::from_slice::<Value>(page).unwrap()["tools"][0]["name"].clone();
    assert_eq!(names(&page), "first");
    server.pipeline().replace(mxcp_core::registry::Registry::default());
    assert_eq!(names(&crate::tools::first_page(&server).unwrap()), Value::Null);
}

#[tokio::test]
async fn a_list_that_depends_on_who_asks_is_not_written_before() {
    let text = "mxcp: 1\ntool:\n  name: some\n  description: One\n  parameters: []\n  source: {code: SELECT 1}\n  \
        policies: {input: [{condition: \"user.role != 'admin'\", action: deny}]}\n";
    assert_eq!(crate::tools::first_page(&testing::project_server(&[(Kind::Tool, text)])), None);
}

#[tokio::test]
async fn a_call_whose_client_left_is_taken_back() {
    let server = start(false, Limits::default()).await;
    let headers = [&MODERN[..], &[("Connection", "keep-alive")]].concat();
    let stream = server.connect(&http("POST", "/mcp", &headers, &modern_query("wait"))).await;
    server.engine.begun.acquire().await.unwrap().forget();
    drop(stream);
    server.engine.cancelled.acquire().await.unwrap().forget();
    server.stop().await;
}
