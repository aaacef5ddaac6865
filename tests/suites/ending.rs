//! The end of a server that is busy: every call in flight is answered.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use mxcp_test_support::client::{Admin, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

/// How many calls are in flight.
const CALLS: usize = 100;

const WAITING: &str =
    "tool: {name: waiting, return: {type: integer}, source: {file: ../python/waiting.py}, language: python}";

/// Waits for a file, so that it is the test that says how long calls take, and asks the database after that.
const PYTHON: &str = r"
import asyncio
import os

from mxcp.runtime import db, on_shutdown


async def waiting():
    while not os.path.exists('go.txt'):
        await asyncio.sleep(0.02)
    return db.execute('SELECT 42 AS n')[0]['n']


@on_shutdown
def end():
    open('ended.txt', 'w').write('yes')
";

fn project() -> (Project, Admin) {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/waiting.yml", WAITING).unwrap();
    project.file("python/waiting.py", PYTHON).unwrap();
    project.set_all([("MXCP_ADMIN_ENABLED", "1"), ("MXCP_ADMIN_SOCKET", "admin.sock")]);
    let admin = Admin::at(&project.path().join("admin.sock"));
    (project, admin)
}

/// A port that nobody listened on a moment ago.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Whether a server says at its port for health checks that it would answer calls.
fn is_ready(port: u16) -> bool {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    agent.get(format!("http://127.0.0.1:{port}/readyz")).call().unwrap().status() == 200
}

fn request(id: usize, meta: &Json) -> String {
    let params = json!({ "name": "waiting", "arguments": {}, "_meta": meta });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
}

/// Asks a server to end while all calls run, and lets them go on once it is ending.
fn end_while_calls_run(name: &str, project: &Project, admin: &Admin, process: u32, health: u16) {
    admin.wait_for(|reload| reload["active_requests"] == CALLS).unwrap();
    assert!(is_ready(health), "{name}");
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
    while is_ready(health) {
        thread::yield_now();
    }
    fs::write(project.path().join("go.txt"), "").unwrap();
}

/// Whatever was to happen at the end has happened.
fn assert_in_order(project: &Project, name: &str) {
    assert!(!project.path().join("admin.sock").exists(), "{name}: the socket is left behind");
    assert_eq!(fs::read_to_string(project.path().join("ended.txt")).unwrap(), "yes", "{name}");
}

#[test]
fn a_hundred_calls_over_http_are_answered() {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    for name in ["-TERM", "-INT"] {
        let ((project, admin), health) = (project(), free_port());
        let arguments = ["--stateless", "--metrics-port", &health.to_string()];
        let server = Http::start(&project, &arguments, true).unwrap();
        let begin = |id: usize| {
            let (url, body) = (server.url().to_owned(), request(id, &meta));
            thread::spawn(move || {
                let mut response = ureq::post(&url)
                    .header("content-type", "application/json")
                    .header("accept", "application/json, text/event-stream")
                    .header("mcp-protocol-version", "2026-07-28")
                    .header("mcp-method", "tools/call")
                    .header("mcp-name", "waiting")
                    .send(body)
                    .unwrap();
                response.body_mut().read_to_string().unwrap()
            })
        };
        let calls: Vec<_> = (0..CALLS).map(begin).collect();
        end_while_calls_run(name, &project, &admin, server.process(), health);
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
        let ((project, admin), health) = (project(), free_port());
        let mut server = Pipes::start(&project, &["--metrics-port", &health.to_string()]).unwrap();
        for id in 1000..1000 + CALLS {
            server.send(&request(id, &json!({}))).unwrap();
        }
        end_while_calls_run(name, &project, &admin, server.process(), health);
        let mut answered = BTreeSet::new();
        while let Ok(message) = server.receive() {
            if message["result"]["structuredContent"].is_object() {
                answered.insert(message["id"].as_u64().unwrap());
            }
        }
        assert_eq!(answered.len(), CALLS, "{name}");
        assert_eq!(server.close().unwrap().1, Some(0), "{name}");
        assert_in_order(&project, name);
    }
}

/// Code that is being imported hears of nothing.
#[test]
fn whoever_ends_a_command_need_not_wait_for_code_that_does_not_listen() {
    // The second one takes its work back first, and is asked twice.
    for words in [&["run", "tool", "stuck"][..], &["test"]] {
        end_while_importing(words);
    }
}

fn end_while_importing(words: &[&str]) {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let module =
        "import time\nopen('begun.txt', 'w').close()\ntime.sleep(3600)\n\n\ndef stuck():\n    return 1\n";
    project.file("python/stuck.py", module).unwrap();
    project.file("tools/stuck.yml", "tool: {name: stuck, source: {file: ../python/stuck.py}, tests: [{name: one, arguments: [], result: 1}]}").unwrap();
    let mut command = project.command(words);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    while !project.path().join("begun.txt").exists() {
        thread::sleep(std::time::Duration::from_millis(10));
        assert!(child.try_wait().unwrap().is_none());
    }
    while child.try_wait().unwrap().is_none() {
        let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(interrupted.success());
        thread::sleep(std::time::Duration::from_millis(50));
    }
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{words:?}: {said}");
    assert!(said.contains("Operation cancelled by user"), "{words:?}: {said}");
}
