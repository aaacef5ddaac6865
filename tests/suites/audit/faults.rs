//! What may go wrong while calls are recorded.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

use super::project::{project, records, segments, verified};

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

/// Makes a call of its own; none if the server is gone.
fn call(agent: &ureq::Agent, url: &str, tool: &str, arguments: &Json) -> Option<String> {
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }},
    });
    let mut response = agent
        .post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .send(body.to_string())
        .ok()?;
    response.body_mut().read_to_string().ok().filter(|text| text.contains("structuredContent"))
}

#[test]
fn no_answered_call_is_missing_when_the_server_is_killed_under_load() {
    let project = project();
    let server = Http::start(&project, &["--stateless"], true).unwrap();
    let url = server.url().to_owned();
    let (answered, over) = (Arc::new(Mutex::new(BTreeSet::new())), Arc::new(AtomicBool::new(false)));
    let count = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let (url, answered, over, count) =
                (url.clone(), Arc::clone(&answered), Arc::clone(&over), Arc::clone(&count));
            std::thread::spawn(move || {
                let agent = ureq::Agent::new_with_defaults();
                for at in 0.. {
                    let who = format!("{client}-{at}");
                    if over.load(Ordering::SeqCst)
                        || call(&agent, &url, "greet", &json!({"who": who})).is_none()
                    {
                        return;
                    }
                    answered.lock().unwrap().insert(who);
                    count.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    while count.load(Ordering::SeqCst) < 500 && !clients.iter().all(std::thread::JoinHandle::is_finished) {
        std::thread::yield_now();
    }
    signal("-KILL", server.process());
    over.store(true, Ordering::SeqCst);
    clients.into_iter().for_each(|client| client.join().unwrap());
    drop(server);
    // The next server puts in order what the killed one left.
    drop(Pipes::start(&project, &[]).unwrap().close().unwrap());
    let recorded: BTreeSet<String> = records(&project)
        .iter()
        .filter_map(|record| Some(record["input_data"]["who"].as_str()?.to_owned()))
        .collect();
    let answered = answered.lock().unwrap();
    assert!(answered.len() >= 500, "{}", answered.len());
    let missing: Vec<_> = answered.difference(&recorded).collect();
    assert_eq!(missing, [""; 0]);
    let verified = verified(&project);
    assert_eq!(
        (&verified["intact"], &verified["records"]),
        // And two starts, and one end.
        (&json!(true), &json!(recorded.len() + 3)),
        "{verified}"
    );
}

#[test]
fn calls_in_flight_are_answered_and_recorded_when_a_server_is_told_to_end() {
    const SLOW: &str = "tool: {name: slow, return: {type: integer}, source: {code: 'SELECT count(*)::INTEGER AS n FROM range(1000) a (x), range(1000) b (y), range(20) c (z) WHERE (x * y + z) % 7 = 1'}}";
    let project = project();
    project.file("tools/slow.yml", SLOW).unwrap();
    let server = Http::start(&project, &["--stateless"], true).unwrap();
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let url = server.url().to_owned();
            std::thread::spawn(move || {
                call(&ureq::Agent::new_with_defaults(), &url, "slow", &json!({})).is_some()
            })
        })
        .collect();
    // The calls have to be on their way; how long they take decides nothing.
    std::thread::sleep(std::time::Duration::from_millis(200));
    signal("-TERM", server.process());
    let answered =
        clients.into_iter().map(|client| client.join().unwrap()).filter(|answered| *answered).count();
    assert_eq!(server.wait().unwrap(), Some(0));
    assert_eq!(answered, 20);
    assert_eq!(records(&project).len(), 20);
    assert_eq!(verified(&project)["intact"], true);
}

#[test]
fn two_servers_write_into_one_folder() {
    let project = project();
    let start = |database: &str| {
        let mut command = project.command(&["serve", "--transport", "stdio"]);
        command.env("MXCP_DUCKDB_PATH", database);
        Pipes::start_logging_as(command).unwrap().0
    };
    let (mut one, mut other) = (start("one.duckdb"), start("other.duckdb"));
    for _ in 0..5 {
        one.call_tool("greet", &json!({"who": "one"})).unwrap();
        other.call_tool("greet", &json!({"who": "other"})).unwrap();
    }
    assert_eq!(verified(&project)["intact"], true);
    assert_eq!(segments(&project.path().join("audit")).len(), 2);
    // Cleaning up while servers write harms nobody.
    assert_eq!(project.run(&["log-cleanup"]).unwrap().code, Some(0));
    assert_eq!((one.close().unwrap().1, other.close().unwrap().1), (Some(0), Some(0)));
    let verified = verified(&project);
    assert_eq!((&verified["intact"], &verified["records"]), (&json!(true), &json!(14)), "{verified}");
}

fn with_calls(calls: usize) -> Project {
    let project = project();
    let mut server = Pipes::start(&project, &[]).unwrap();
    for _ in 0..calls {
        server.call_tool("greet", &json!({"who": "ann"})).unwrap();
    }
    assert_eq!(server.close().unwrap().1, Some(0));
    project
}

#[test]
fn a_changed_record_is_found_with_its_line() {
    let project = with_calls(3);
    let segment = segments(&project.path().join("audit")).remove(0);
    let text = fs::read_to_string(&segment).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines[1] = lines[1].replace("hi ann", "hi eve");
    fs::write(&segment, lines.join("\n") + "\n").unwrap();
    let ran = project.run(&["log", "verify"]).unwrap();
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.contains("line 2: it was changed") && ran.stdout.contains("NOT intact"),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.matches("line ").count(), 1, "{}", ran.stdout);
}

#[test]
fn a_segment_in_pieces_keeps_neither_readers_nor_the_next_server_from_working() {
    let project = with_calls(3);
    let segment = segments(&project.path().join("audit")).remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20].fill(0xff);
    fs::write(&segment, &bytes).unwrap();
    let mut server = Pipes::start(&project, &[]).unwrap();
    server.call_tool("greet", &json!({"who": "bob"})).unwrap();
    assert_eq!(server.close().unwrap().1, Some(0));
    let listed = project.run(&["log", "--type", "tool", "--json"]).unwrap();
    assert_eq!(listed.result().unwrap()["count"], 3);
    assert!(listed.stderr.contains("line 3: no audit record"), "{}", listed.stderr);
    assert_eq!(verified(&project)["intact"], false);
}
