mod asking;

use mxcp_runtime::Limits;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
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

/// A client with its stream open.
struct Client {
    stream: BufReader<TcpStream>,
    head: String,
    place: String,
}

async fn start(limits: Limits) -> Running {
    serve(testing::server(limits)).await
}

async fn serve((server, engine): (Server, Arc<FakeEngine>)) -> Running {
    let shutdown = CancellationToken::new();
    let (ready, address) = oneshot::channel();
    let options = HttpOptions::new("127.0.0.1", 0);
    let served = tokio::spawn(serve_sse(options, server, shutdown.clone(), move |address| {
        ready.send(address).unwrap()
    }));
    Running { address: address.await.unwrap(), shutdown, served, engine }
}

impl Running {
    async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Connection: close".to_owned()];
        for (name, value) in [("Host", "localhost"), ("Content-Type", "application/json")] {
            if !headers.iter().any(|(own, _)| *own == name) {
                lines.push(format!("{name}: {value}"));
            }
        }
        lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let head = format!("{}\r\nContent-Length: {}\r\n\r\n", lines.join("\r\n"), body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    async fn connect(&self) -> Client {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut client = Client { stream: BufReader::new(stream), head: String::new(), place: String::new() };
        while !client.head.ends_with("\r\n\r\n") {
            assert!(client.stream.read_line(&mut client.head).await.unwrap() > 0);
        }
        let (event, place) = client.event().await.unwrap();
        assert_eq!(event, "endpoint");
        client.place = place;
        client
    }

    async fn post(&self, client: &Client, message: &Value) -> (u16, String) {
        self.request("POST", &client.place, &[], &message.to_string()).await
    }

    async fn begin(&self) -> Client {
        let mut client = self.connect().await;
        assert_eq!(self.post(&client, &initialize()).await, (202, "Accepted".to_owned()));
        let answer = client.message().await;
        assert_eq!(answer["result"]["serverInfo"]["name"], "mxcp", "{answer}");
        client
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.served.await.unwrap().unwrap();
    }
}

impl Client {
    /// The next event and its data; none when the stream ends.
    async fn event(&mut self) -> Option<(String, String)> {
        let mut event = None;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await.unwrap() == 0 {
                return None;
            }
            if let Some(name) = line.strip_prefix("event: ") {
                event = Some(name.trim().to_owned());
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some((event.unwrap(), data.trim().to_owned()));
            }
        }
    }

    async fn message(&mut self) -> Value {
        let (event, data) = self.event().await.expect("the stream ended");
        assert_eq!(event, "message");
        serde_json::from_str(&data).unwrap()
    }
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
}

fn query(id: i64, sql: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": "execute_sql_query", "arguments": {"sql": sql}}})
}

#[tokio::test]
async fn messages_are_posted_and_answered_on_the_stream() {
    let running = start(Limits::default()).await;
    let mut client = running.begin().await;
    assert!(client.head.to_lowercase().contains("content-type: text/event-stream"), "{}", client.head);
    assert!(client.head.to_lowercase().contains("x-accel-buffering: no"), "{}", client.head);
    let id = client.place.strip_prefix("/messages/?session_id=").unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(running.post(&client, &query(5, "SELECT 1")).await.0, 202);
    let answer = client.message().await;
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(5), &json!(false)));
    running.stop().await;
}

#[tokio::test]
async fn a_handshake_that_lacks_something_is_told_what_and_may_be_made_again() {
    let running = start(Limits::default()).await;
    let mut client = running.connect().await;
    let mut handshake = initialize();
    handshake["params"].as_object_mut().unwrap().remove("clientInfo");
    assert_eq!(running.post(&client, &handshake).await.0, 202);
    let refused = client.message().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(0), &json!(-32602)));
    assert_eq!(refused["error"]["message"], "Invalid params: `clientInfo` is missing");
    running.post(&client, &initialize()).await;
    assert_eq!(client.message().await["result"]["serverInfo"]["name"], "mxcp");
    running.stop().await;
}

#[tokio::test]
async fn what_a_call_says_comes_before_its_answer() {
    let running = start(Limits::default()).await;
    let mut client = running.begin().await;
    running.post(&client, &query(5, "speak")).await;
    assert_eq!(client.message().await["params"]["data"], "detail");
    assert_eq!(client.message().await["params"]["data"], "half");
    assert_eq!(client.message().await["params"]["data"], "oops");
    assert_eq!(client.message().await["id"], 5);
    running.stop().await;
}

#[tokio::test]
async fn clients_hear_their_own_answers_only() {
    let running = start(Limits::default()).await;
    let (mut one, mut other) = (running.begin().await, running.begin().await);
    running.post(&one, &query(1, "SELECT 'one'")).await;
    running.post(&other, &query(1, "SELECT 'other'")).await;
    assert!(one.message().await.to_string().contains("'one'"));
    assert!(other.message().await.to_string().contains("'other'"));
    running.stop().await;
}

#[tokio::test]
async fn sessions_are_named_and_known() {
    let running = start(Limits::default()).await;
    let unknown = format!("/messages/?session_id={}", "0".repeat(32));
    for (path, status, text) in [
        ("/messages/", 400, "session_id is required"),
        ("/messages/?session=1", 400, "session_id is required"),
        ("/messages/?session_id=", 400, "Invalid session ID"),
        ("/messages/?session_id=nope", 400, "Invalid session ID"),
        (&*unknown, 404, "Could not find session"),
        ("/mcp", 404, "Not Found"),
    ] {
        let answer = running.request("POST", path, &[], &initialize().to_string()).await;
        assert_eq!(answer, (status, text.to_owned()), "{path}");
    }
    assert_eq!(running.request("POST", "/sse", &[], "{}").await.0, 405);
    assert_eq!(running.request("GET", "/messages/", &[], "").await.0, 405);
    running.stop().await;
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_turned_away() {
    let running = start(Limits::default()).await;
    let client = running.begin().await;
    for (method, path) in [("GET", "/sse"), ("POST", client.place.as_str())] {
        let host = running.request(method, path, &[("Host", "evil.example")], "{}").await;
        assert_eq!(host, (421, "Invalid Host header".to_owned()));
        let origin = running.request(method, path, &[("Origin", "http://evil.example")], "{}").await;
        assert_eq!(origin, (403, "Invalid Origin header".to_owned()));
    }
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_the_session_goes_on() {
    let running = start(Limits { request_bytes: 1000, ..Limits::default() }).await;
    let mut client = running.begin().await;
    for (body, code) in [("{oops", -32700), ("[]", -32600)] {
        let (status, text) = running.request("POST", &client.place, &[], body).await;
        assert_eq!(status, 400, "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["error"]["code"], code);
    }
    let large = query(1, &"x".repeat(2000)).to_string();
    assert_eq!(running.request("POST", &client.place, &[], &large).await.0, 413);
    let foreign = [("Content-Type", "text/plain")];
    assert_eq!(running.request("POST", &client.place, &foreign, "{}").await.0, 415);
    running.post(&client, &query(2, "panic")).await;
    assert_eq!(client.message().await["result"]["isError"], true);
    running.post(&client, &query(3, "SELECT 1")).await;
    assert_eq!(client.message().await["id"], 3);
    running.stop().await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_calls_back_and_its_session_with_it() {
    let running = start(Limits::default()).await;
    let client = running.begin().await;
    let place = client.place.clone();
    running.post(&client, &query(1, "wait")).await;
    running.engine.begun.acquire().await.unwrap().forget();
    drop(client);
    running.engine.cancelled.acquire().await.unwrap().forget();
    assert_eq!(running.request("POST", &place, &[], &query(2, "SELECT 1").to_string()).await.0, 404);
    running.stop().await;
}

#[tokio::test]
async fn calls_in_flight_are_answered_after_a_shutdown_and_then_the_stream_ends() {
    let running = start(Limits::default()).await;
    let mut client = running.begin().await;
    running.post(&client, &query(1, "wait")).await;
    running.engine.begun.acquire().await.unwrap().forget();
    running.shutdown.cancel();
    running.engine.released.add_permits(1);
    assert_eq!(client.message().await["id"], 1);
    assert_eq!(client.event().await, None);
    running.stop().await;
}

#[tokio::test]
async fn an_idle_stream_does_not_keep_the_server_from_stopping() {
    let running = start(Limits::default()).await;
    let (begun, connected) = (running.begin().await, running.connect().await);
    running.stop().await;
    for mut client in [begun, connected] {
        assert_eq!(client.event().await, None);
    }
}
