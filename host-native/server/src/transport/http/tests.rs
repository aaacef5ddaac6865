mod asking;
mod direct;
mod login;
mod tasks;

use mxcp_core::definition::Kind;
use mxcp_core::limits::{Limit, Limits as RequestLimits};
use mxcp_mcp::exact;
use mxcp_runtime::{Limits, ProcessLimiter};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::testing::{self, FakeEngine};

struct Running {
    address: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<Result<(), Error>>,
    engine: Arc<FakeEngine>,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        let text = self.body.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or(&self.body);
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

async fn start(stateless: bool, limits: Limits) -> Running {
    let mut options = HttpOptions::new("127.0.0.1", 0);
    options.stateless = stateless;
    start_with(options, limits).await
}

async fn start_with(options: HttpOptions, limits: Limits) -> Running {
    serve(options, testing::server(limits)).await
}

async fn serve(options: HttpOptions, (server, engine): (Server, Arc<FakeEngine>)) -> Running {
    let shutdown = CancellationToken::new();
    let (ready, address) = oneshot::channel();
    let served = tokio::spawn(serve_http(options, server, shutdown.clone(), move |address| {
        ready.send(address).unwrap()
    }));
    Running { address: address.await.unwrap(), shutdown, served, engine }
}

impl Running {
    async fn connect(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// One request on a connection of its own; the server closes it after the answer.
    async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.connect(&http(method, path, headers, body)).await;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if head.contains("chunked") { unchunked(body) } else { body.to_owned() };
        Answer { status, head: head.to_owned(), body }
    }

    async fn post(&self, headers: &[(&str, &str)], body: &str) -> Answer {
        self.request("POST", "/mcp", headers, body).await
    }

    async fn session(&self) -> String {
        let answer = self.post(&[], &initialize()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.header("mcp-session-id").unwrap().to_owned()
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.served.await.unwrap().unwrap();
    }
}

fn http(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Connection: close".to_owned()];
    let defaults = [
        ("Host", "localhost"),
        ("Accept", "application/json, text/event-stream"),
        ("Content-Type", "application/json"),
    ];
    for (name, value) in defaults.iter().filter(|(name, _)| !headers.iter().any(|(own, _)| own == name)) {
        lines.push(format!("{name}: {value}"));
    }
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(format!("Content-Length: {}", body.len()));
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

fn unchunked(body: &str) -> String {
    let mut rest = body;
    let mut whole = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    whole
}

fn initialize() -> String {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
    .to_string()
}

fn query(sql: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "execute_sql_query", "arguments": {"sql": sql}}})
    .to_string()
}

const MODERN: [(&str, &str); 3] =
    [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "execute_sql_query")];

fn modern_query(sql: &str) -> String {
    let mut message: Value = serde_json::from_str(&query(sql)).unwrap();
    message["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    message.to_string()
}

#[tokio::test]
async fn a_session_is_begun_used_and_closed() {
    let running = start(false, Limits::default()).await;
    let session = running.session().await;
    let headers = [("Mcp-Session-Id", session.as_str())];
    let answer = running.post(&headers, &query("SELECT 1")).await;
    assert_eq!(answer.json()["result"]["structuredContent"]["result"][0]["sql"], "SELECT 1");
    assert_eq!(running.request("DELETE", "/mcp", &headers, "").await.status, 200);
    assert_eq!(running.post(&headers, &query("SELECT 1")).await.status, 404);
    assert_eq!(
        running.request("DELETE", "/mcp", &headers, "").await.status,
        404,
        "there is nothing to close"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_self_contained_request_is_answered_in_plain_json() {
    let running = start(false, Limits::default()).await;
    let answer = running.post(&MODERN, &modern_query("SELECT 1")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("mcp-session-id"), None);
    assert_eq!(answer.json()["result"]["isError"], false);
    running.stop().await;
}

#[tokio::test]
async fn without_sessions_older_requests_stand_alone_too() {
    let running = start(true, Limits::default()).await;
    let begun = running.post(&[], &initialize()).await;
    assert_eq!(begun.header("mcp-session-id"), None);
    let answer = running.post(&[], &query("SELECT 1")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json()["result"]["isError"], false);
    assert_eq!(running.request("DELETE", "/mcp", &[], "").await.status, 405);
    running.stop().await;
}

#[tokio::test]
async fn malformed_params_are_named_with_and_without_a_session() {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}}).to_string();
    let running = start(false, Limits::default()).await;
    let session = running.session().await;
    let with_session = running.post(&[("Mcp-Session-Id", &session)], &message).await;
    running.stop().await;
    let running = start(true, Limits::default()).await;
    let without = running.post(&[], &message).await;
    running.stop().await;
    for answer in [with_session, without] {
        assert_eq!(answer.json()["error"]["message"], "Invalid params: `name` is missing");
    }
}

#[tokio::test]
async fn an_unknown_method_is_not_found_since_2026_07_28() {
    let running = start(false, Limits::default()).await;
    for method in ["tools/drop", "ping"] {
        let message = modern_query("").replace("tools/call", method);
        let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)];
        let answer = running.post(&headers, &message).await;
        assert_eq!(answer.status, 404);
        let problem = json!({"code": -32601, "message": format!("Method not found: {method}")});
        assert_eq!(answer.json()["error"], problem);
    }
    running.stop().await;
}

#[tokio::test]
async fn a_handshake_that_lacks_something_is_told_what() {
    for stateless in [false, true] {
        let running = start(stateless, Limits::default()).await;
        for field in ["protocolVersion", "capabilities", "clientInfo"] {
            let mut message: Value = serde_json::from_str(&initialize()).unwrap();
            message["params"].as_object_mut().unwrap().remove(field);
            let answer = running.post(&[], &message.to_string()).await;
            assert_eq!((answer.status, answer.header("mcp-session-id")), (200, None));
            let problem = format!("Invalid params: `{field}` is missing");
            assert_eq!(answer.json()["id"], 0);
            assert_eq!(answer.json()["error"], json!({"code": -32602, "message": problem}));
        }
        running.stop().await;
    }
}

#[tokio::test]
async fn there_is_no_handshake_since_2026_07_28() {
    let mut message: Value = serde_json::from_str(&initialize()).unwrap();
    message["params"]["protocolVersion"] = json!("2026-07-28");
    let older_words = message.to_string();
    message["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let version = ("MCP-Protocol-Version", "2026-07-28");
    for stateless in [false, true] {
        let running = start(stateless, Limits::default()).await;
        for headers in [&[version][..], &[version, ("Mcp-Method", "initialize")][..]] {
            let answer = running.post(headers, &message.to_string()).await;
            assert_eq!((answer.status, answer.header("mcp-session-id")), (404, None), "{}", answer.body);
            let problem = json!({"code": -32601, "message": "Method not found: initialize"});
            assert_eq!((&answer.json()["id"], &answer.json()["error"]), (&json!(0), &problem));
        }
        // Who shakes hands in the old way is told of an older revision.
        let answer = running.post(&[version], &older_words).await;
        assert_eq!(answer.json()["result"]["protocolVersion"], "2025-11-25", "{}", answer.body);
        running.stop().await;
    }
}

#[tokio::test]
async fn a_request_with_the_id_of_an_open_one_is_refused_and_the_first_is_answered() {
    let running = start(false, Limits::default()).await;
    let session = running.session().await;
    let headers = [("Mcp-Session-Id", session.as_str())];
    let mut first = running.connect(&http("POST", "/mcp", &headers, &query("wait"))).await;
    running.engine.begun.acquire().await.unwrap().forget();
    let second = running.post(&headers, &query("SELECT 1")).await.json();
    let problem = "Invalid Request: a request with the id 1 is still being answered";
    assert_eq!(second["id"], 1);
    assert_eq!(second["error"], json!({"code": -32600, "message": problem}));
    running.engine.released.add_permits(1);
    let mut answer = String::new();
    first.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("\"isError\":false"), "{answer}");
    let again = running.post(&headers, &query("SELECT 1")).await.json();
    assert_eq!(again["result"]["isError"], false, "{again}");
    running.stop().await;
}

#[tokio::test]
async fn an_id_is_free_again_when_the_call_of_a_client_that_left_or_took_it_back_has_ended() {
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    let running = start(false, Limits::default()).await;
    let session = running.session().await;
    let headers = [("Mcp-Session-Id", session.as_str())];
    for leaves in [true, false] {
        let first = running.connect(&http("POST", "/mcp", &headers, &query("wait"))).await;
        running.engine.begun.acquire().await.unwrap().forget();
        if leaves {
            drop(first);
            let second = running.post(&headers, &query("SELECT 1")).await.json();
            assert_eq!(second["error"]["code"], -32600, "{second}");
            running.engine.released.add_permits(1);
        } else {
            assert_eq!(running.post(&headers, &cancel.to_string()).await.status, 202);
            running.engine.cancelled.acquire().await.unwrap().forget();
        }
        // The call ends a moment after its work.
        let ended = async {
            while running.post(&headers, &query("SELECT 1")).await.json()["error"]["code"] == -32600 {}
        };
        timeout(Duration::from_secs(60), ended).await.unwrap();
    }
    running.stop().await;
}

#[tokio::test]
async fn only_one_path_exists() {
    let running = start(false, Limits::default()).await;
    let redirected = running.request("POST", "/mcp/", &[], "{}").await;
    assert_eq!((redirected.status, redirected.header("location")), (307, Some("/mcp")));
    for path in ["/", "/health", "/sse", "/mcp/x"] {
        let missing = running.request("GET", path, &[], "").await;
        assert_eq!((missing.status, missing.body.as_str()), (404, "Not Found"), "{path}");
    }
    assert_eq!(running.request("PUT", "/mcp", &[], "{}").await.status, 405);
    running.stop().await;
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_turned_away() {
    let running = start(false, Limits::default()).await;
    let host = running.post(&[("Host", "evil.example")], &initialize()).await;
    assert_eq!((host.status, host.body.as_str()), (421, "Invalid Host header"));
    let origin = running.post(&[("Origin", "http://evil.example")], &initialize()).await;
    assert_eq!((origin.status, origin.body.as_str()), (403, "Invalid Origin header"));
    let own = running.post(&[("Origin", "http://localhost:6274")], &initialize()).await;
    assert_eq!(own.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_message_is_told_why() {
    let running = start(false, Limits::default()).await;
    for (body, code) in [("{oops", -32700), ("[]", -32600), (r#"{"jsonrpc":"2.0","id":1}"#, -32600)] {
        let answer = running.post(&[], body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["error"]["code"], code, "{body}");
    }
    let foreign = running.post(&[("Content-Type", "text/plain")], &initialize()).await;
    assert_eq!(foreign.status, 415);
    assert_eq!(foreign.json()["error"]["code"], -32600);
    let unacceptable = running.post(&[("Accept", "text/html")], &initialize()).await;
    assert_eq!(unacceptable.status, 406);
    running.stop().await;
}

#[tokio::test]
async fn a_session_has_an_id_of_32_digits_and_without_one_there_is_none() {
    let running = start(false, Limits::default()).await;
    let session = running.session().await;
    assert!(session.len() == 32 && session.bytes().all(|digit| digit.is_ascii_hexdigit()), "{session}");
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let none = running.post(&[], list).await;
    assert_eq!((none.status, &none.json()["error"]["code"]), (400, &json!(-32600)));
    let missing = format!("Bad Request: Missing session ID{}", refusal::SESSIONLESS);
    assert_eq!(none.json()["error"]["message"], missing);
    for method in ["POST", "DELETE"] {
        let unknown = running.request(method, "/mcp", &[("Mcp-Session-Id", "x")], list).await;
        assert_eq!(unknown.status, 404, "{method}");
        assert_eq!(unknown.json()["error"]["message"], "Not Found: Session not found", "{method}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let running = start(false, Limits { request_bytes: 1000, ..Limits::default() }).await;
    assert_eq!(running.post(&[], &query(&"x".repeat(2000))).await.status, 413);
    assert_eq!(running.post(&[], &initialize()).await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_call_back() {
    let running = start(true, Limits::default()).await;
    let stream = running.connect(&http("POST", "/mcp", &MODERN, &modern_query("wait"))).await;
    running.engine.begun.acquire().await.unwrap().forget();
    drop(stream);
    running.engine.cancelled.acquire().await.unwrap().forget();
    running.stop().await;
}

#[tokio::test]
async fn calls_in_flight_are_answered_after_a_shutdown() {
    for (stateless, headers, body) in
        [(true, MODERN.to_vec(), modern_query("wait")), (false, vec![], query("wait"))]
    {
        let running = start(stateless, Limits::default()).await;
        let session = if stateless { String::new() } else { running.session().await };
        let mut headers = headers;
        if !stateless {
            headers.push(("Mcp-Session-Id", &session));
        }
        let mut stream = running.connect(&http("POST", "/mcp", &headers, &body)).await;
        running.engine.begun.acquire().await.unwrap().forget();
        running.shutdown.cancel();
        running.engine.released.add_permits(1);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("\"isError\":false"), "{answer}");
        running.stop().await;
    }
}

#[tokio::test]
async fn calls_made_at_once_run_at_once() {
    for stateless in [true, false] {
        let running = start(stateless, Limits::default()).await;
        let session = if stateless { String::new() } else { running.session().await };
        let (headers, body) = if stateless {
            (MODERN.to_vec(), modern_query("wait"))
        } else {
            (vec![("Mcp-Session-Id", session.as_str())], query("wait"))
        };
        let mut streams = Vec::new();
        for id in 1..=100 {
            let body = body.replace("\"id\":1", &format!("\"id\":{id}"));
            streams.push(running.connect(&http("POST", "/mcp", &headers, &body)).await);
        }
        // None of them ends before all of them run.
        running.engine.begun.acquire_many(100).await.unwrap().forget();
        running.engine.released.add_permits(100);
        for mut stream in streams {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.contains("\"isError\":false"), "{answer}");
        }
        running.stop().await;
    }
}

#[tokio::test]
async fn an_open_stream_does_not_keep_the_server_from_stopping() {
    let running = start(false, Limits::default()).await;
    let session = running.session().await;
    let mut stream = running.connect(&http("GET", "/mcp", &[("Mcp-Session-Id", &session)], "")).await;
    let mut head = [0; 15];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    running.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_an_error_and_nobody_is_told_to_be_ready() {
    let running = start(false, Limits::default()).await;
    let (server, _engine) = testing::server(Limits::default());
    let options = HttpOptions::new("127.0.0.1", running.address.port());
    let outcome = serve_http(options, server, CancellationToken::new(), |_| panic!("not ready")).await;
    assert!(matches!(outcome, Err(Error::AddressInUse { .. })), "{outcome:?}");
    running.stop().await;
}

#[tokio::test]
async fn what_a_call_says_comes_on_its_own_stream_before_its_answer() {
    let running = start(false, Limits::default()).await;
    let session = running.session().await;
    let call = |mut call: Value| {
        call["params"]["_meta"]["progressToken"] = json!(3);
        call.to_string()
    };
    let legacy = call(serde_json::from_str(&query("speak")).unwrap());
    let in_session = running.post(&[("Mcp-Session-Id", &session)], &legacy).await;
    let modern = call(serde_json::from_str(&modern_query("speak")).unwrap());
    let alone = running.post(&MODERN, &modern).await;
    running.stop().await;
    let running = start(true, Limits::default()).await;
    let stateless = running.post(&[], &legacy).await;
    running.stop().await;
    let all = ["1", "debug", "info", "error", "2", "answer"];
    for (answer, expected) in
        [(in_session, &all[..]), (stateless, &all[..]), (alone, &["1", "2", "answer"][..])]
    {
        let data = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
        let heard: Vec<_> = data
            .map(|data| {
                let message: Value = serde_json::from_str(data).unwrap();
                match message["method"].as_str() {
                    Some("notifications/progress") => {
                        format!("{}", message["params"]["progress"].as_f64().unwrap())
                    }
                    Some(_) => message["params"]["level"].as_str().unwrap().to_owned(),
                    None => "answer".to_owned(),
                }
            })
            .collect();
        assert_eq!(heard, expected, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_call_that_says_nothing_to_the_client_is_answered_in_plain_json() {
    let running = start(false, Limits::default()).await;
    let answer = running.post(&MODERN, &modern_query("speak")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    running.stop().await;
}

#[tokio::test]
async fn without_sessions_no_news_are_promised_to_older_clients() {
    let subscribe = r#"{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"x://y"}}"#;
    let running = start(true, Limits::default()).await;
    let begun = running.post(&[], &initialize()).await.json();
    assert_eq!(
        begun["result"]["capabilities"],
        json!({"completions": {}, "logging": {}, "prompts": {}, "resources": {}, "tools": {}})
    );
    assert_eq!(running.post(&[], subscribe).await.json()["error"]["code"], -32601);
    running.stop().await;
}

#[tokio::test]
async fn a_listener_does_not_keep_the_server_from_stopping() {
    let running = start(false, Limits::default()).await;
    let mut message: Value = serde_json::from_str(&modern_query("")).unwrap();
    message["method"] = json!("subscriptions/listen");
    message["params"]["notifications"] = json!({"toolsListChanged": true});
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "subscriptions/listen")];
    let mut stream = running.connect(&http("POST", "/mcp", &headers, &message.to_string())).await;
    let mut text = String::new();
    while !text.contains("acknowledged") {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "{text}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    running.shutdown.cancel();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("\"resultType\":\"complete\""), "{text}");
    running.stop().await;
}

#[tokio::test]
async fn a_message_that_is_never_complete_does_not_keep_the_server_from_stopping() {
    let mut options = HttpOptions::new("127.0.0.1", 0);
    options.drain = Duration::from_secs(3600);
    let running = start_with(options, Limits::default()).await;
    let session = running.session().await;
    let mut events = running.connect(&http("GET", "/mcp", &[("Mcp-Session-Id", &session)], "")).await;
    assert_ne!(events.read(&mut [0; 1024]).await.unwrap(), 0);
    let whole = http("POST", "/mcp", &[("Expect", "100-continue")], &initialize());
    let mut half = running.connect(&whole[..whole.len() - 1]).await;
    // The server asks for the body, so it waits for the rest of it.
    assert_ne!(half.read(&mut [0; 1024]).await.unwrap(), 0);
    running.shutdown.cancel();
    events.read_to_end(&mut Vec::new()).await.unwrap();
    drop(half);
    running.stop().await;
}

#[tokio::test]
async fn a_server_that_stands_before_gets_the_exact_value() {
    let server = testing::project_server(&[
        (Kind::Tool, "tool: {name: t, source: {code: SELECT 1}}"),
        (Kind::Resource, "resource: {uri: 'r://x', source: {code: SELECT 1}}"),
    ]);
    let options = HttpOptions::new("127.0.0.1", 0);
    let running = serve(options, (server, testing::server(Limits::default()).1)).await;
    let ask = |method: &'static str, key: &'static str, name: &'static str, exact: bool| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {key: name, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            exact::ASK: exact,
        }}})
        .to_string();
        let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method), ("Mcp-Name", name)];
        let running = &running;
        async move { running.post(&headers, &message).await.json() }
    };
    let row = json!([{"sql": "SELECT 1", "bound": {}}]);
    for (method, key, name, list) in
        [("tools/call", "name", "t", "content"), ("resources/read", "uri", "r://x", "contents")]
    {
        let given = ask(method, key, name, true).await;
        assert_eq!(given["result"]["_meta"][exact::VALUE], json!({"form": "value", "value": row}), "{given}");
        assert_eq!(given["result"][list], json!([]));
        assert!(given["result"]["_meta"].get("io.modelcontextprotocol/serverInfo").is_some());
        let usual = ask(method, key, name, false).await;
        assert!(usual["result"]["_meta"].get(exact::VALUE).is_none());
        assert_eq!(usual["result"][list].as_array().map(Vec::len), Some(1));
    }
    running.stop().await;
}

#[tokio::test]
async fn as_many_requests_run_at_once_as_may_and_one_more_is_refused() {
    let everybody = Limit { rate: None, concurrency: Some(1) };
    let limits = RequestLimits { everybody, ..RequestLimits::default() };
    let limited = testing::limited_server(Arc::new(ProcessLimiter::new()), Some(limits));
    let running = serve(HttpOptions::new("127.0.0.1", 0), limited).await;
    let mut waiting = running.connect(&http("POST", "/mcp", &MODERN, &modern_query("wait"))).await;
    running.engine.begun.acquire().await.unwrap().forget();
    let refused = running.post(&MODERN, &modern_query("SELECT 1")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert_eq!(
        refused.json()["error"]["message"],
        "Concurrency limit exceeded: try again in 1 s",
        "{}",
        refused.body
    );
    running.engine.released.add_permits(1);
    waiting.read_to_end(&mut Vec::new()).await.unwrap();
    assert_eq!(running.post(&MODERN, &modern_query("SELECT 1")).await.status, 200);
    running.stop().await;
}
