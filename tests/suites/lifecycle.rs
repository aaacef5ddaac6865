//! How a server begins and ends.

use std::process::Command;

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::json;

/// Takes about a second on any machine, and can be interrupted.
const SLOW: &str = "tool: {name: slow, return: {type: integer}, source: {code: 'SELECT count(*)::INTEGER AS n FROM range(3000) a (x), range(3000) b (y), range(30) c (z) WHERE (x * y + z) % 7 = 1'}}";
/// Takes longer than anyone waits.
const ENDLESS: &str = "tool: {name: endless, source: {code: 'SELECT count(*) FROM range(1000000) a (x), range(1000000) b (y) WHERE (x * y) % 7 = 1'}}";
const GOOD: &str = "tool: {name: good, return: {type: integer}, source: {code: 'SELECT 42 AS answer'}}";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (path, text) in [("tools/slow.yml", SLOW), ("tools/endless.yml", ENDLESS), ("tools/good.yml", GOOD)] {
        project.file(path, text).unwrap();
    }
    project
}

fn signal(name: &str, process: u32) {
    let status = Command::new("kill").args([name, &process.to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn signals_end_every_transport_in_order_and_calls_in_flight_finish() {
    for name in ["-TERM", "-INT"] {
        let project = project();
        let server = Http::start(&project, &[], true).unwrap();
        let url = server.url().to_owned();
        let process = server.process();
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": "slow", "arguments": {}, "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            }},
        });
        let call = std::thread::spawn(move || {
            let mut response = ureq::post(&url)
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream")
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/call")
                .header("mcp-name", "slow")
                .send(body.to_string())
                .unwrap();
            response.body_mut().read_to_string().unwrap()
        });
        // The call has to be on its way; how long the query then takes decides nothing.
        std::thread::sleep(std::time::Duration::from_millis(200));
        signal(name, process);
        let answer = call.join().unwrap();
        assert!(answer.contains("structuredContent"), "{answer}");
        assert_eq!(server.wait().unwrap(), Some(0), "{name}");
    }
}

#[test]
fn the_end_of_input_ends_a_server_on_pipes_after_its_calls() {
    let mut server = Pipes::start(&project(), &[]).unwrap();
    server.send(&json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "slow", "arguments": {} } }).to_string()).unwrap();
    let (rest, code) = server.close().unwrap();
    assert!(rest.contains("\"id\":7") && rest.contains("structuredContent"), "{rest}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_signal_ends_a_server_on_pipes() {
    let mut server = Pipes::start(&project(), &[]).unwrap();
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
    signal("-TERM", server.process());
    // Nothing more is said, and the process ends although its input stays open until `close`.
    let ended = server.receive();
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(server.close().unwrap().1, Some(0));
}

#[test]
fn a_cancelled_call_frees_its_connection() {
    let mut server = Pipes::start(&project(), &[]).unwrap();
    // More endless calls than there are connections: only cancelling lets the last call through.
    for id in 100..140 {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "endless", "arguments": {} } });
        server.send(&call.to_string()).unwrap();
    }
    for id in 100..140 {
        let cancel =
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
        server.send(&cancel.to_string()).unwrap();
    }
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
}

#[test]
fn a_session_that_ends_takes_its_calls_back() {
    let mut server = Http::start(&project(), &[], false).unwrap();
    let endless = json!({ "name": "endless", "arguments": {} });
    let calls: Vec<_> = (0..40).map(|_| server.open("tools/call", &endless).unwrap()).collect();
    server.end().unwrap();
    server.begin(json!({})).unwrap();
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
    drop(calls);
}

#[test]
fn a_client_that_leaves_takes_its_query_back() {
    use std::io::Write as _;
    let project = project();
    let mut server = Http::start(&project, &["--stateless"], true).unwrap();
    let address = server.url().trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "endless", "arguments": {} } }).to_string();
    for _ in 0..40 {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
    }
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
}
