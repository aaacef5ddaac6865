mod asking;

use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_runtime::Limits;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf, split,
};
use tokio::task::JoinHandle;

use super::*;
use crate::testing::{self, FakeEngine};

struct Client {
    input: Option<WriteHalf<DuplexStream>>,
    output: BufReader<ReadHalf<DuplexStream>>,
    served: JoinHandle<Result<(), Error>>,
    shutdown: CancellationToken,
    engine: Arc<FakeEngine>,
}

impl Client {
    fn connect(limits: Limits) -> Self {
        Self::connect_to(testing::server(limits))
    }

    fn connect_to((server, engine): (Server, Arc<FakeEngine>)) -> Self {
        let (near, far) = tokio::io::duplex(1 << 20);
        let (reader, writer) = split(far);
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(serve_lines(server, reader, writer, shutdown.clone()));
        let (output, input) = split(near);
        Self { input: Some(input), output: BufReader::new(output), served, shutdown, engine }
    }

    async fn begin(limits: Limits) -> Self {
        let mut client = Self::connect(limits);
        let answer = client.ask(&initialize(json!(0)).to_string()).await;
        assert_eq!(answer["result"]["serverInfo"]["name"], "mxcp");
        client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        client
    }

    async fn send(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).await.unwrap();
        input.write_all(b"\n").await.unwrap();
    }

    async fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).await.unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    async fn ask(&mut self, line: &str) -> Value {
        self.send(line).await;
        self.read().await
    }

    /// Closes the input.
    async fn leave(&mut self) {
        self.input.take().unwrap().shutdown().await.unwrap();
    }

    /// The rest of the output, after the server ended.
    async fn rest(mut self) -> String {
        let mut rest = String::new();
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).await.unwrap() == 0 {
                break;
            }
            rest.push_str(&line);
        }
        self.served.await.unwrap().unwrap();
        rest
    }
}

fn initialize(id: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
}

fn query(id: i64, sql: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": "execute_sql_query", "arguments": {"sql": sql}}})
    .to_string()
}

fn modern(method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

#[tokio::test]
async fn the_handshake_names_the_server_and_its_version() {
    let mut client = Client::connect(Limits::default());
    let answer = client.ask(&initialize(json!("first")).to_string()).await;
    assert_eq!(answer["id"], "first");
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(
        answer["result"]["serverInfo"],
        json!({"name": "mxcp", "title": "mxcp", "version": env!("CARGO_PKG_VERSION")})
    );
    assert_eq!(
        answer["result"]["capabilities"],
        json!({
            "completions": {},
            "logging": {},
            "prompts": {"listChanged": true},
            "resources": {"subscribe": true, "listChanged": true},
            "tools": {"listChanged": true},
        })
    );
}

#[tokio::test]
async fn tools_are_listed_and_called() {
    let mut client = Client::begin(Limits::default()).await;
    let list = client.ask(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    assert_eq!(list["result"]["tools"][0]["name"], "execute_sql_query");
    assert_eq!(list["result"].get("ttlMs"), None);
    let answer = client.ask(&query(2, "SELECT 1")).await;
    assert_eq!(
        answer,
        json!({"jsonrpc": "2.0", "id": 2, "result": {
            "content": [{"type": "text", "text": "{\n  \"sql\": \"SELECT 1\",\n  \"bound\": {}\n}"}],
            "structuredContent": {"result": [{"sql": "SELECT 1", "bound": {}}]},
            "isError": false}})
    );
}

#[tokio::test]
async fn a_self_contained_request_needs_no_handshake_and_hears_who_answers() {
    let mut client = Client::connect(Limits::default());
    let identity = json!({"name": "mxcp", "title": "mxcp", "version": env!("CARGO_PKG_VERSION")});
    let list = client.ask(&modern("tools/list", json!({}))).await;
    assert_eq!(list["result"]["resultType"], "complete");
    assert_eq!(list["result"]["cacheScope"], "private");
    assert_eq!(list["result"]["ttlMs"], 60_000);
    assert_eq!(list["result"]["_meta"]["io.modelcontextprotocol/serverInfo"], identity);
    let params = json!({"name": "execute_sql_query", "arguments": {"sql": "SELECT 1"}});
    let answer = client.ask(&modern("tools/call", params)).await;
    assert_eq!(answer["result"]["resultType"], "complete");
    assert_eq!(answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"], identity);
}

#[tokio::test]
async fn garbage_is_answered_and_the_session_goes_on() {
    let mut client = Client::begin(Limits::default()).await;
    let answer = client.ask("{oops").await;
    assert_eq!(
        answer,
        json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "Parse error"}})
    );
    let batch = client.ask(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).await;
    assert_eq!(batch["error"]["code"], -32600);
    client.send("").await;
    let ping = client.ask(r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#).await;
    assert_eq!(ping, json!({"jsonrpc": "2.0", "id": 3, "result": {}}));
}

#[tokio::test]
async fn garbage_before_the_handshake_does_not_end_the_session() {
    let mut client = Client::connect(Limits::default());
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!(client.ask("garbage").await["error"]["code"], -32700);
    assert_eq!(client.ask(&initialize(json!(1)).to_string()).await["id"], 1);
}

#[tokio::test]
async fn nothing_that_is_sent_before_the_handshake_ends_the_session() {
    let mut client = Client::connect(Limits::default());
    let refused = client.ask(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    assert_eq!(refused["error"]["code"], -32602);
    let discovered = client.ask(&modern("server/discover", json!({}))).await;
    assert!(discovered["result"]["supportedVersions"].is_array(), "{discovered}");
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#).await;
    client.send(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#).await;
    assert_eq!(client.ask(&initialize(json!(2)).to_string()).await["id"], 2);
}

#[tokio::test]
async fn a_handshake_that_lacks_something_is_told_what_and_may_be_made_again() {
    let mut client = Client::connect(Limits::default());
    let refused = client.ask(r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#).await;
    let problem = json!({"code": -32602, "message": "Invalid params: `protocolVersion` is missing"});
    assert_eq!(refused, json!({"jsonrpc": "2.0", "id": 1, "error": problem}));
    assert_eq!(client.ask(&initialize(json!(2)).to_string()).await["id"], 2);
}

#[tokio::test]
async fn a_line_beyond_the_limit_is_refused_and_passed_over() {
    let mut client = Client::begin(Limits { request_bytes: 1000, ..Limits::default() }).await;
    let answer = client.ask(&query(1, &"x".repeat(500_000))).await;
    assert_eq!(answer["id"], Value::Null);
    assert_eq!(answer["error"]["message"], "Invalid Request: a message may have 1000 bytes");
    assert_eq!(client.ask(r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#).await["id"], 3);
}

#[tokio::test]
async fn unknown_methods_and_malformed_params_are_told_apart() {
    let mut client = Client::begin(Limits::default()).await;
    let unknown = client.ask(r#"{"jsonrpc":"2.0","id":1,"method":"tools/drop"}"#).await;
    assert_eq!(unknown["error"]["code"], -32601);
    let malformed = client.ask(r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":5}}"#).await;
    assert_eq!(
        malformed["error"],
        json!({"code": -32602, "message": "Invalid params: `name` must be a string"})
    );
    let cursor =
        client.ask(r#"{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"cursor":"x"}}"#).await;
    assert_eq!(cursor["error"]["code"], -32602);
}

#[tokio::test]
async fn levels_and_pings_are_accepted_before_2026_07_28_only() {
    let mut client = Client::begin(Limits::default()).await;
    let legacy = r#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"info"}}"#;
    assert_eq!(client.ask(legacy).await["result"], json!({}));
    let mut client = Client::connect(Limits::default());
    for (method, params) in [("logging/setLevel", json!({"level": "info"})), ("ping", json!({}))] {
        // A ping begins no session, but there is one by then.
        let answer = client.ask(&modern(method, params)).await;
        let problem = json!({"code": -32601, "message": format!("Method not found: {method}")});
        assert_eq!(answer["error"], problem);
    }
}

fn speaking(id: i64, meta: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
        "name": "execute_sql_query", "arguments": {"sql": "speak"}, "_meta": meta}})
    .to_string()
}

/// What is said about a call up to its answer: progress, levels of log messages, and the answer's id.
async fn said(client: &mut Client, call: &str) -> Vec<Value> {
    client.send(call).await;
    let mut said = Vec::new();
    loop {
        let message = client.read().await;
        match message["method"].as_str() {
            Some("notifications/progress") => said.push(message["params"]["progress"].clone()),
            Some("notifications/message") => said.push(message["params"]["level"].clone()),
            Some(other) => panic!("{other}"),
            None => {
                assert_eq!(message["result"]["isError"], false, "{message}");
                return said;
            }
        }
    }
}

#[tokio::test]
async fn what_a_call_says_comes_before_its_answer() {
    let mut client = Client::begin(Limits::default()).await;
    let quiet = said(&mut client, &speaking(1, &json!({}))).await;
    let all = [json!("debug"), json!("info"), json!("error")];
    assert_eq!(quiet, all, "everything is told until the client says");
    let progressing = said(&mut client, &speaking(2, &json!({"progressToken": "p"}))).await;
    assert_eq!(progressing, [json!(1.0), json!("debug"), json!("info"), json!("error"), json!(2.0)]);
    for (level, expected) in [("debug", 3), ("error", 1), ("critical", 0)] {
        let set =
            json!({"jsonrpc": "2.0", "id": 3, "method": "logging/setLevel", "params": {"level": level}});
        assert_eq!(client.ask(&set.to_string()).await["result"], json!({}));
        assert_eq!(said(&mut client, &speaking(4, &json!({}))).await.len(), expected, "{level}");
    }
}

#[tokio::test]
async fn a_self_contained_call_logs_at_the_level_it_asks_for_and_not_at_all_otherwise() {
    let mut client = Client::connect(Limits::default());
    let meta = |more: Value| {
        let mut meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        meta.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        meta
    };
    assert!(said(&mut client, &speaking(1, &meta(json!({})))).await.is_empty());
    let level = json!({"io.modelcontextprotocol/logLevel": "error"});
    assert_eq!(said(&mut client, &speaking(2, &meta(level))).await, [json!("error")]);
    let token = json!({"progressToken": 9});
    assert_eq!(said(&mut client, &speaking(3, &meta(token))).await, [json!(1.0), json!(2.0)]);
}

#[tokio::test]
async fn an_unknown_resource_can_not_be_subscribed_to() {
    let mut client = Client::begin(Limits::default()).await;
    let ask = |method: &str| {
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"uri": "x://nothing"}}).to_string()
    };
    let refused = client.ask(&ask("resources/subscribe")).await;
    assert_eq!(refused["error"]["code"], -32002);
    assert_eq!(refused["error"]["data"], json!({"uri": "x://nothing"}));
    assert_eq!(client.ask(&ask("resources/unsubscribe")).await["result"], json!({}));
}

#[tokio::test]
async fn a_listener_gets_its_result_when_the_input_ends() {
    let mut client = Client::connect(Limits::default());
    let notifications = json!({"toolsListChanged": true, "resourceSubscriptions": ["x://nothing"]});
    client.send(&modern("subscriptions/listen", json!({"notifications": notifications}))).await;
    let acknowledged = client.read().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["notifications"], json!({"toolsListChanged": true}));
    client.leave().await;
    let rest = client.rest().await;
    assert_eq!(serde_json::from_str::<Value>(&rest).unwrap()["id"], 1, "{rest}");
}

#[tokio::test]
async fn numbers_of_any_kind_survive_the_envelope() {
    let mut client = Client::begin(Limits::default()).await;
    let id = i64::MAX;
    let answer = client.ask(&query(id, "SELECT 1")).await;
    assert_eq!(answer["id"].to_string(), id.to_string());
    for token in ["7", "\"seven\"", "0"] {
        let call = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"_meta":{{"progressToken":{token},"x":1.5}},"name":"execute_sql_query","arguments":{{"sql":"SELECT 1","n":123456789012345678901234567890.5}}}}}}"#
        );
        assert_eq!(client.ask(&call).await["result"]["isError"], false, "{token}");
    }
}

#[tokio::test]
async fn a_cancelled_call_is_taken_back_and_never_answered() {
    let mut client = Client::begin(Limits::default()).await;
    client.send(&query(5, "wait")).await;
    client.engine.begun.acquire().await.unwrap().forget();
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#).await;
    client.engine.cancelled.acquire().await.unwrap().forget();
    client.leave().await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn calls_beyond_the_limit_are_told_to_come_again() {
    let mut client = Client::begin(Limits { concurrent_calls: 1, ..Limits::default() }).await;
    client.send(&query(1, "wait")).await;
    client.engine.begun.acquire().await.unwrap().forget();
    let answer = client.ask(&query(2, "SELECT 1")).await;
    assert_eq!(answer["result"]["isError"], true);
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("try again"));
    client.engine.released.add_permits(1);
    assert_eq!(client.read().await["id"], 1);
    assert_eq!(client.ask(&query(3, "SELECT 1")).await["result"]["isError"], false);
}

#[tokio::test]
async fn a_panic_in_a_call_is_an_answer_and_no_end() {
    let mut client = Client::begin(Limits::default()).await;
    let answer = client.ask(&query(1, "panic")).await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Error executing tool execute_sql_query: Internal error (request "), "{text}");
    assert_eq!(client.ask(&query(2, "SELECT 1")).await["result"]["isError"], false);
}

#[tokio::test]
async fn calls_in_flight_are_answered_after_the_input_ended() {
    let mut client = Client::begin(Limits::default()).await;
    client.send(&query(1, "wait")).await;
    client.engine.begun.acquire().await.unwrap().forget();
    client.leave().await;
    client.engine.released.add_permits(1);
    let rest = client.rest().await;
    assert_eq!(serde_json::from_str::<Value>(&rest).unwrap()["id"], 1);
}

#[tokio::test]
async fn calls_in_flight_are_answered_after_a_shutdown() {
    let mut client = Client::begin(Limits::default()).await;
    client.send(&query(1, "wait")).await;
    client.engine.begun.acquire().await.unwrap().forget();
    client.shutdown.cancel();
    client.engine.released.add_permits(1);
    assert_eq!(client.read().await["id"], 1);
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn calls_made_at_once_run_at_once() {
    let mut client = Client::begin(Limits::default()).await;
    for id in 1..=100 {
        client.send(&query(id, "wait")).await;
    }
    // None of them ends before all of them run.
    client.engine.begun.acquire_many(100).await.unwrap().forget();
    client.engine.released.add_permits(100);
    let mut answered = BTreeSet::new();
    for _ in 0..100 {
        let answer = client.read().await;
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        answered.insert(answer["id"].as_i64());
    }
    assert_eq!(answered.len(), 100);
}

#[tokio::test]
async fn every_one_of_many_calls_on_one_breath_is_answered() {
    let mut client = Client::begin(Limits::default()).await;
    for id in 1..=200 {
        client.send(&query(id, "SELECT 1")).await;
    }
    client.leave().await;
    let rest = client.rest().await;
    assert_eq!(rest.lines().count(), 200);
}

#[tokio::test]
async fn the_last_line_needs_no_line_feed() {
    let mut client = Client::begin(Limits::default()).await;
    client.input.as_mut().unwrap().write_all(br#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#).await.unwrap();
    client.leave().await;
    let rest = client.rest().await;
    assert_eq!(serde_json::from_str::<Value>(&rest).unwrap()["id"], 9);
}

#[tokio::test]
async fn no_input_at_all_is_no_error() {
    let mut client = Client::connect(Limits::default());
    client.leave().await;
    assert_eq!(client.rest().await, "");
}
