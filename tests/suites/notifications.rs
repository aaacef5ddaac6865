//! What a server says on its own, through every transport.

use std::io::BufRead as _;
use std::process::Command;

use mxcp_test_support::client::{Client, Http, Pipes, Sse};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const GOOD: &str = "tool: {name: good, return: {type: integer}, source: {code: 'SELECT 42 AS answer'}}";
const SPEAKING: &str = "tool: {name: speaking, return: {type: string}, source: {code: \"SELECT log_message('debug', 'detail'); SELECT log_message('warning', 'careful'); SELECT 'done' AS text\"}}";
const WATCHED: &str = "resource: {uri: 'x://watched', source: {code: \"SELECT 'before' AS text\"}}";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (path, text) in
        [("tools/good.yml", GOOD), ("tools/speaking.yml", SPEAKING), ("resources/watched.yml", WATCHED)]
    {
        project.file(path, text).unwrap();
    }
    project
}

/// Makes a server look at its project again.
fn reload(process: u32) {
    let status = Command::new("kill").args(["-HUP", &process.to_string()]).status().unwrap();
    assert!(status.success());
}

/// A new tool, and another source for the resource.
fn change(project: &Project) {
    project.file("tools/fresh.yml", &GOOD.replace("good", "fresh")).unwrap();
    project.file("resources/watched.yml", &WATCHED.replace("before", "after")).unwrap();
}

/// What is heard after such a change by who subscribed to the resource.
fn assert_news(mut next: impl FnMut() -> Json) {
    let first = next();
    assert_eq!(first["method"], "notifications/tools/list_changed", "{first}");
    let second = next();
    assert_eq!(second["method"], "notifications/resources/updated", "{second}");
    assert_eq!(second["params"]["uri"], "x://watched", "{second}");
}

fn subscribe(client: &mut dyn Client) {
    let answer = client.request("resources/subscribe", json!({ "uri": "x://watched" })).unwrap();
    assert_eq!(answer["result"], json!({}), "{answer}");
    let unknown = client.request("resources/subscribe", json!({ "uri": "x://nothing" })).unwrap();
    assert_eq!(unknown["error"]["data"]["uri"], "x://nothing", "{unknown}");
}

fn assert_serves_what_is_new(client: &mut dyn Client) {
    assert_eq!(client.call_tool("fresh", &json!({})).unwrap()["structuredContent"]["result"], 42);
    assert_eq!(client.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
}

#[test]
fn a_client_on_pipes_hears_of_a_reload() {
    let project = project();
    let mut client = Pipes::start(&project, &[]).unwrap();
    subscribe(&mut client);
    change(&project);
    reload(client.process());
    assert_news(|| client.receive().unwrap());
    assert_serves_what_is_new(&mut client);
}

#[test]
fn a_client_of_the_old_transport_hears_of_a_reload() {
    let project = project();
    let mut client = Sse::start(&project, &[]).unwrap();
    subscribe(&mut client);
    change(&project);
    reload(client.process());
    assert_news(|| client.receive().unwrap());
    assert_serves_what_is_new(&mut client);
}

#[test]
fn a_client_with_a_session_hears_of_a_reload_on_its_stream() {
    let project = project();
    let mut client = Http::start(&project, &[], false).unwrap();
    subscribe(&mut client);
    let mut events = client.listen(Json::Null).unwrap();
    change(&project);
    reload(client.process());
    assert_news(|| events.message().unwrap());
    assert_serves_what_is_new(&mut client);
}

#[test]
fn a_listener_hears_what_it_asked_for_with_and_without_sessions() {
    for arguments in [&[] as &[&str], &["--stateless"]] {
        let project = project();
        let mut client = Http::start(&project, arguments, true).unwrap();
        let filter = json!({ "toolsListChanged": true, "resourceSubscriptions": ["x://watched"] });
        let mut events = client.listen(filter).unwrap();
        let mut prompts = client.listen(json!({ "promptsListChanged": true })).unwrap();
        change(&project);
        reload(client.process());
        assert_news(|| {
            let news = events.message().unwrap();
            assert!(!news["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].is_null(), "{news}");
            news
        });
        project.file("prompts/p.yml", "prompt: {name: p, messages: [{role: user, prompt: hello}]}").unwrap();
        reload(client.process());
        let news = prompts.message().unwrap();
        assert_eq!(
            news["method"], "notifications/prompts/list_changed",
            "the tools were not asked for: {news}"
        );
        assert_serves_what_is_new(&mut client);
    }
}

#[test]
fn a_reload_that_changes_nothing_is_not_told() {
    let project = project();
    let mut client = Pipes::start(&project, &[]).unwrap();
    reload(client.process());
    project.file("tools/good.yml", &GOOD.replace("42", "43")).unwrap();
    reload(client.process());
    // Until the second reload is through, the tool answers as before.
    while client.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"] != 43 {}
    project.file("tools/fresh.yml", &GOOD.replace("good", "fresh")).unwrap();
    reload(client.process());
    let (mut heard, id) = (Vec::new(), 1000);
    loop {
        let message = client.receive().unwrap();
        heard.push(message["method"].as_str().unwrap_or_default().to_owned());
        if heard.last().is_some_and(|method| method.ends_with("tools/list_changed")) {
            break;
        }
    }
    assert_eq!(heard, ["notifications/tools/list_changed"]);
    client.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string()).unwrap();
    assert_eq!(client.receive().unwrap()["id"], id, "it was told once");
}

#[test]
fn broken_definitions_leave_everything_as_it_was() {
    let project = project();
    let (mut client, mut log) = Pipes::start_logging(&project).unwrap();
    let mut logged = || {
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        line
    };
    project.file("tools/good.yml", &GOOD.replace("42", "43")).unwrap();
    for broken in ["tool: {nam: bad}", "tool: {name: bad, source: {code: 'SELEC 1'}}", "tool: ["] {
        project.file("tools/bad.yml", broken).unwrap();
        reload(client.process());
        let (why, outcome) = (logged(), logged());
        assert!(why.contains("tools/bad.yml"), "{why}");
        assert!(outcome.contains("those from before stay"), "{outcome}");
        assert_eq!(client.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
    }
    std::fs::remove_file(project.path().join("tools/bad.yml")).unwrap();
    project.file("tools/fresh.yml", &GOOD.replace("good", "fresh")).unwrap();
    reload(client.process());
    assert_eq!(client.receive().unwrap()["method"], "notifications/tools/list_changed");
    assert_eq!(client.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 43);
}

/// Progress and log messages before the answer, as `progress` and their level.
fn heard(messages: &[Json]) -> Vec<String> {
    let heard = messages.iter().map(|message| match message["method"].as_str() {
        Some("notifications/progress") => {
            let params = &message["params"];
            assert_eq!(params["progressToken"], "p", "{message}");
            format!("{} of {}", params["progress"].as_f64().unwrap(), params["total"].as_f64().unwrap())
        }
        Some("notifications/message") => message["params"]["level"].as_str().unwrap().to_owned(),
        _ => message["result"]["structuredContent"]["result"].as_str().unwrap().to_owned(),
    });
    heard.collect()
}

fn speaking(meta: &Json) -> Json {
    json!({ "name": "speaking", "arguments": {}, "_meta": meta })
}

#[test]
fn what_a_call_says_comes_before_its_answer() {
    let project = project();
    let meta = json!({ "progressToken": "p" });
    let all = ["debug", "1 of 3", "warning", "2 of 3", "3 of 3", "done"];

    let mut client = Pipes::start(&project, &[]).unwrap();
    let call = json!({ "jsonrpc": "2.0", "id": 77, "method": "tools/call", "params": speaking(&meta) });
    client.send(&call.to_string()).unwrap();
    let messages: Vec<_> = (0..6).map(|_| client.receive().unwrap()).collect();
    assert_eq!(heard(&messages), all);
    drop(client);

    let mut client = Http::start(&project, &[], false).unwrap();
    assert_eq!(heard(&client.ask_for_all("tools/call", speaking(&meta)).unwrap()), all);
    client.request("logging/setLevel", json!({ "level": "warning" })).unwrap();
    let important = client.ask_for_all("tools/call", speaking(&json!({}))).unwrap();
    assert_eq!(heard(&important), ["warning", "done"]);
    drop(client);

    let mut client = Http::start(&project, &[], true).unwrap();
    let progress = client.ask_for_all("tools/call", speaking(&meta)).unwrap();
    assert_eq!(heard(&progress), ["1 of 3", "2 of 3", "3 of 3", "done"]);
    let level = json!({ "io.modelcontextprotocol/logLevel": "warning" });
    let logged = client.ask_for_all("tools/call", speaking(&level)).unwrap();
    assert_eq!(heard(&logged), ["warning", "done"]);
}

#[test]
fn on_the_command_line_a_call_logs_for_the_operator() {
    let project = project();
    let output = project
        .command(&["run", "tool", "speaking", "--json-output"])
        .env("RUST_LOG", "mxcp_runtime=debug")
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("careful") && log.contains("WARN") && log.contains("detail"), "{log}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("done"), "{output:?}");
}
