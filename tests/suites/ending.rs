//! The end of a server that is busy: every call in flight is answered.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;

use mxcp_test_support::client::{Admin, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

/// How many calls are in flight.
const CALLS: usize = 100;

/// Takes several seconds where as many run as can, so that all are seen while they run.
const SLOW: &str = "tool: {name: slow, return: {type: integer}, source: {code: 'SELECT count(*)::INTEGER AS n FROM range(3000) a (x), range(3000) b (y), range(10) c (z) WHERE (x * y + z) % 7 = 1'}}";
/// Takes no time but that for which it waits for the others.
const QUICK: &str = "tool: {name: quick, return: {type: integer}, source: {code: 'SELECT 1 AS n'}}";

/// As many as run at a time: those that come after them wait.
fn slow_ones() -> usize {
    (2 * thread::available_parallelism().unwrap().get()).max(4)
}

fn project() -> (Project, Admin) {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/slow.yml", SLOW).unwrap();
    project.file("tools/quick.yml", QUICK).unwrap();
    project
        .file("python/hooks.py", "from mxcp.runtime import on_shutdown\n\n\n@on_shutdown\ndef end():\n    open('ended.txt', 'w').write('yes')\n")
        .unwrap();
    project.set_all([("MXCP_ADMIN_ENABLED", "1"), ("MXCP_ADMIN_SOCKET", "admin.sock")]);
    let admin = Admin::at(&project.path().join("admin.sock"));
    (project, admin)
}

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

fn request(id: usize, tool: &str) -> Json {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": {}, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }}})
}

/// Whatever was to happen at the end has happened.
fn assert_in_order(project: &Project, name: &str) {
    assert!(!project.path().join("admin.sock").exists(), "{name}: the socket is left behind");
    assert_eq!(std::fs::read_to_string(project.path().join("ended.txt")).unwrap(), "yes", "{name}");
}

#[test]
fn a_hundred_calls_over_http_are_answered() {
    for name in ["-TERM", "-INT"] {
        let (project, admin) = project();
        let server = Http::start(&project, &["--stateless"], true).unwrap();
        let begin = |id: usize, tool: &'static str| {
            let url = server.url().to_owned();
            thread::spawn(move || {
                let mut response = ureq::post(&url)
                    .header("content-type", "application/json")
                    .header("accept", "application/json, text/event-stream")
                    .header("mcp-protocol-version", "2026-07-28")
                    .header("mcp-method", "tools/call")
                    .header("mcp-name", tool)
                    .send(request(id, tool).to_string())
                    .unwrap();
                response.body_mut().read_to_string().unwrap()
            })
        };
        let mut calls: Vec<_> = (0..slow_ones()).map(|id| begin(id, "slow")).collect();
        admin.wait_for(|reload| reload["active_requests"] == slow_ones()).unwrap();
        calls.extend((slow_ones()..CALLS).map(|id| begin(id, "quick")));
        admin.wait_for(|reload| reload["active_requests"] == CALLS).unwrap();
        signal(name, server.process());
        for call in calls {
            let answer = call.join().unwrap();
            assert!(answer.contains("structuredContent"), "{name}: {answer}");
        }
        assert_eq!(server.wait().unwrap(), Some(0), "{name}");
        assert_in_order(&project, name);
    }
}

#[test]
fn a_hundred_calls_over_pipes_are_answered() {
    for name in ["-TERM", "-INT"] {
        let (project, admin) = project();
        let mut server = Pipes::start(&project, &[]).unwrap();
        for number in 0..CALLS {
            let tool = if number < slow_ones() { "slow" } else { "quick" };
            let mut call = request(1000 + number, tool);
            // It belongs to the session, which has said all that.
            call["params"]["_meta"] = json!({});
            server.send(&call.to_string()).unwrap();
        }
        admin.wait_for(|reload| reload["active_requests"].as_u64() > Some(slow_ones() as u64)).unwrap();
        // What is still in the pipe is nobody's yet. Once this is answered, all that was sent before has been read.
        server.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string()).unwrap();
        let mut answered = BTreeSet::new();
        let mut note = |message: &Json| {
            if message["result"]["structuredContent"].is_object() {
                answered.insert(message["id"].as_u64().unwrap());
            }
        };
        loop {
            let message = server.receive().unwrap();
            if message["id"] == 1 {
                break;
            }
            note(&message);
        }
        signal(name, server.process());
        while let Ok(message) = server.receive() {
            note(&message);
        }
        assert_eq!(answered.len(), CALLS, "{name}");
        assert_eq!(server.close().unwrap().1, Some(0), "{name}");
        assert_in_order(&project, name);
    }
}
