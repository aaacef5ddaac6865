//! Calls that run as tasks: SQL, Python and components, over HTTP and pipes, to their ends.

use std::fs;
use std::thread;
use std::time::Duration;

use mxcp_test_support::client::{Admin, Client, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

use crate::python::{MODES, MODULE, Mode};

const CODE: &str = r#"
import asyncio
import pathlib
import time

from mxcp.runtime import db, mcp

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def wait(until):
    mcp.progress(1, 3, "waiting")
    while not pathlib.Path(until).exists():
        time.sleep(0.01)
    return pathlib.Path(until).read_text()


async def wait_later(until):
    mcp.progress(1, 3)
    try:
        while not pathlib.Path(until).exists():
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        pathlib.Path("cancelled.txt").write_text("yes")
        raise
    return pathlib.Path(until).read_text()


def greet():
    answer = mcp.elicit("Who?", NAME, key="who")
    return f"Hello, {answer.content['name']}!" if answer.accepted else answer.action


def fail():
    raise ValueError("as it should")


def slow():
    time.sleep(60)
"#;

/// Runs until it is taken back.
const ENDLESS: &str =
    "SELECT count(*) AS n FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 1";
const EXACT: &str =
    "SELECT 12.50::DECIMAL(10, 2) AS price, 9223372036854775807 AS big, 0.1::DOUBLE AS f, NULL AS nothing";
const UNTIL: &str = "parameters: [{name: until, type: string}]";

fn project(mode: Mode) -> Project {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    if mode == Mode::InProcess {
        project.use_module(&MODULE);
    }
    project.file("python/jobs.py", CODE).unwrap();
    for (name, more) in [
        ("wait", UNTIL),
        ("wait_later", UNTIL),
        ("greet", ""),
        ("fail", ""),
        ("slow", "limits: {time_ms: 250}"),
    ] {
        let comma = if more.is_empty() { "" } else { ", " };
        let text = format!(
            "tool: {{name: {name}, task: required, source: {{file: ../python/jobs.py}}{comma}{more}}}"
        );
        project.file(&format!("tools/{name}.yml"), &text).unwrap();
    }
    for (name, sql, more) in [
        ("endless", ENDLESS, "task: optional, limits: {time_ms: 3600000}"),
        ("hasty", ENDLESS, "limits: {time_ms: 250}"),
        ("exact", EXACT, "task: optional, return: {type: object}"),
        (
            "drop",
            "SELECT 1 AS n",
            "task: required, policies: {input: [{condition: 'true', action: ask, reason: Sure?}]}",
        ),
        (
            "careful",
            "SELECT 1 AS n",
            "task: required, task_questions: before, policies: {input: [{condition: 'true', action: ask, reason: Sure?}]}",
        ),
        (
            "secretive",
            "SELECT 'a' AS open, 'b' AS secret",
            "task: required, return: {type: object}, policies: {output: [{condition: 'true', action: filter_fields, fields: [secret]}]}",
        ),
    ] {
        let text = format!("tool: {{name: {name}, source: {{code: \"{sql}\"}}, {more}}}");
        project.file(&format!("tools/{name}.yml"), &text).unwrap();
    }
    project
}

fn capabilities() -> Json {
    json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}})
}

/// A request of a client that knows tasks.
fn ask(client: &mut impl Client, method: &str, mut params: Json) -> Json {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities(),
    });
    client.request(method, params).unwrap()
}

fn call(client: &mut impl Client, name: &str, arguments: &Json) -> Json {
    ask(client, "tools/call", json!({"name": name, "arguments": arguments}))["result"].take()
}

fn begin(client: &mut impl Client, name: &str, arguments: &Json) -> String {
    let begun = call(client, name, arguments);
    assert_eq!(begun["resultType"], "task", "{begun}");
    begun["taskId"].as_str().unwrap().to_owned()
}

/// The task once `ready` says so.
fn task(client: &mut impl Client, id: &str, ready: impl Fn(&Json) -> bool) -> Json {
    for _ in 0..6000 {
        let found = ask(client, "tasks/get", json!({"taskId": id}))["result"].take();
        assert_eq!(found["taskId"], id, "{found}");
        if ready(&found) {
            return found;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the task {id} did not come that far");
}

fn ended(client: &mut impl Client, id: &str) -> Json {
    task(client, id, |task| !["working", "input_required"].contains(&task["status"].as_str().unwrap()))
}

fn answer(client: &mut impl Client, id: &str, answers: &Json) {
    let acknowledged = ask(client, "tasks/update", json!({"taskId": id, "inputResponses": answers}));
    assert_eq!(acknowledged["result"]["resultType"], "complete", "{acknowledged}");
}

fn modern(project: &Project) -> Http {
    Http::start(project, &[], true).unwrap()
}

/// Pipes of a client that says of each request what it is.
fn pipes(project: &Project) -> Pipes {
    Pipes::start_bare(project, &[]).unwrap()
}

/// What a task does on every transport.
fn from_beginning_to_end(client: &mut impl Client, project: &Project, note: &str) {
    for (name, message) in [("wait", "waiting"), ("wait_later", "1 of 3")] {
        let file = format!("{name}-{}.txt", note.len());
        let id = begin(client, name, &json!({"until": file}));
        let working = task(client, &id, |task| !task["statusMessage"].is_null());
        assert_eq!(
            (&working["status"], &working["statusMessage"]),
            (&json!("working"), &json!(message)),
            "{note}"
        );
        let written = project.path().join("written.txt");
        fs::write(&written, "done").unwrap();
        // There all at once: what waits for it reads it at once.
        fs::rename(&written, project.path().join(&file)).unwrap();
        let done = ended(client, &id);
        assert_eq!(done["status"], "completed", "{note}: {done}");
        assert_eq!(done["result"]["content"][0]["text"], "done", "{note}");
    }
    let id = begin(client, "fail", &json!({}));
    let failed = ended(client, &id);
    assert_eq!(
        (&failed["status"], &failed["result"]["isError"]),
        (&json!("completed"), &json!(true)),
        "{note}"
    );
    let id = begin(client, "slow", &json!({}));
    let late = ended(client, &id);
    assert_eq!(
        late["result"]["content"][0]["text"], "Error executing tool slow: Execution timed out after 0.25 s",
        "{note}"
    );
    let id = begin(client, "greet", &json!({}));
    let asks = task(client, &id, |task| task["status"] == "input_required");
    assert_eq!(asks["inputRequests"]["who"]["params"]["message"], "Who?", "{note}: {asks}");
    answer(client, &id, &json!({"who": {"action": "accept", "content": {"name": "Ada"}}}));
    assert_eq!(ended(client, &id)["result"]["content"][0]["text"], "Hello, Ada!", "{note}");
}

#[test]
fn a_task_is_looked_after_over_http() {
    for mode in MODES {
        let project = project(mode);
        from_beginning_to_end(&mut modern(&project), &project, &format!("http {mode:?}"));
    }
}

#[test]
fn a_task_is_looked_after_on_pipes() {
    for mode in MODES {
        let project = project(mode);
        from_beginning_to_end(&mut pipes(&project), &project, &format!("pipes {mode:?}"));
    }
}

#[test]
fn a_task_gives_what_a_plain_call_gives() {
    let project = project(Mode::Workers);
    let mut http = modern(&project);
    let id = begin(&mut http, "exact", &json!({}));
    let done = ended(&mut http, &id);
    let plain =
        http.request("tools/call", json!({"name": "exact", "arguments": {}})).unwrap()["result"].take();
    assert_eq!(plain["resultType"], "complete");
    assert_eq!(done["result"].to_string(), plain.to_string(), "to the digit");
    assert!(
        plain.to_string().contains("9223372036854775807") && plain["structuredContent"].is_object(),
        "{plain}"
    );
    let id = begin(&mut http, "secretive", &json!({}));
    let kept = ended(&mut http, &id)["result"].take();
    assert!(kept.to_string().contains("open") && !kept.to_string().contains("secret"), "{kept}");
    let needed = http.request("tools/call", json!({"name": "secretive", "arguments": {}})).unwrap();
    assert_eq!(needed["error"]["code"], -32021, "{needed}");
}

#[test]
fn to_cancel_a_task_stops_sql_and_python() {
    for mode in MODES {
        let project = project(mode);
        let mut http = modern(&project);
        let arguments = json!({"until": "never.txt"});
        let ids = [
            begin(&mut http, "endless", &json!({})),
            begin(&mut http, "wait", &arguments),
            begin(&mut http, "wait_later", &arguments),
        ];
        task(&mut http, &ids[2], |task| !task["statusMessage"].is_null());
        for id in &ids {
            let acknowledged = ask(&mut http, "tasks/cancel", json!({"taskId": id}));
            assert_eq!(acknowledged["result"]["resultType"], "complete", "{acknowledged}");
            let cancelled = ended(&mut http, id);
            assert_eq!(cancelled["status"], "cancelled", "{mode:?}: {cancelled}");
        }
        // A task has ended as soon as nobody waits for its code, which may hear of it a moment later.
        while fs::read_to_string(project.path().join("cancelled.txt")).unwrap_or_default() != "yes" {
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_person_approves_within_the_task_or_before_it() {
    let project = project(Mode::Workers);
    let mut http = modern(&project);
    let accept = json!({"action": "accept", "content": {}});
    for (reply, said) in
        [(accept.clone(), "\"n\": 1"), (json!({"action": "decline"}), "Policy enforcement failed")]
    {
        let id = begin(&mut http, "drop", &json!({}));
        let asks = task(&mut http, &id, |task| task["status"] == "input_required");
        assert_eq!(
            asks["inputRequests"]["approval-1"]["params"]["message"].as_str().map(|it| it.contains("Sure?")),
            Some(true),
            "{asks}"
        );
        answer(&mut http, &id, &json!({ "approval-1": reply }));
        let done = ended(&mut http, &id);
        assert!(done["result"]["content"][0]["text"].as_str().unwrap().contains(said), "{done}");
    }
    let first = call(&mut http, "careful", &json!({}));
    assert_eq!(first["resultType"], "input_required", "{first}");
    let second = ask(&mut http, "tools/call", json!({
        "name": "careful", "arguments": {}, "requestState": first["requestState"], "inputResponses": {"approval-1": accept},
    }))["result"]
        .take();
    assert_eq!(second["resultType"], "task", "{second}");
    let done = ended(&mut http, second["taskId"].as_str().unwrap());
    assert_eq!(done["status"], "completed", "{done}");
}

#[test]
fn a_time_under_a_second_is_said_as_it_is() {
    let project = project(Mode::Workers);
    let ran = project.run(&["run", "tool", "hasty"]).unwrap();
    assert!(ran.code == Some(1) && ran.stderr.contains("Execution timed out after 0.25 s"), "{ran:?}");
    let late = pipes_call(&project, "hasty");
    assert_eq!(late["content"][0]["text"], "Error executing tool hasty: Execution timed out after 0.25 s");
}

fn pipes_call(project: &Project, name: &str) -> Json {
    Pipes::start(project, &[]).unwrap().call_tool(name, &json!({})).unwrap()
}

#[test]
fn what_runs_as_a_task_runs_on_the_command_line_as_ever() {
    let project = project(Mode::Workers);
    let ran = project.run(&["run", "tool", "exact"]).unwrap();
    assert!(ran.code == Some(0) && ran.stdout.contains("9223372036854775807"), "{ran:?}");
    let ran = project.run(&["run", "tool", "secretive"]).unwrap();
    assert!(ran.code == Some(0) && !ran.stdout.contains("\"secret\""), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn a_task_survives_a_reload_and_is_recorded_as_the_call_that_it_is() {
    let mut project = project(Mode::Workers);
    project.set_all([("MXCP_ADMIN_ENABLED", "1"), ("MXCP_ADMIN_SOCKET", "admin.sock")]);
    let site = "mxcp: 1\nproject: tested\nprofile: default\nprofiles: {default: {audit: {enabled: true}}}\n";
    project.file("mxcp-site.yml", site).unwrap();
    let long = "SELECT count(*) AS n FROM range(30000) a, range(30000) b WHERE (a.range * b.range) % 7 = 1";
    let definition =
        |sql: &str| format!("tool: {{name: changed, source: {{code: \"{sql}\"}}, task: required}}");
    project.file("tools/changed.yml", &definition(long)).unwrap();
    let admin = Admin::at(&project.path().join("admin.sock"));
    let mut http = Http::start(&project, &["--no-watch"], true).unwrap();
    let id = begin(&mut http, "changed", &json!({}));
    assert_eq!(ask(&mut http, "tasks/get", json!({"taskId": id}))["result"]["status"], "working");
    project.file("tools/changed.yml", &definition("SELECT 'new' AS n")).unwrap();
    admin.reload().unwrap();
    let newer = begin(&mut http, "changed", &json!({}));
    assert!(ended(&mut http, &newer)["result"]["content"][0]["text"].as_str().unwrap().contains("new"));
    let done = ended(&mut http, &id);
    assert!(!done["result"].to_string().contains("new") && done["status"] == "completed", "{done}");
    let ran = project.run(&["log", "--tool", "changed", "--json"]).unwrap();
    let report = ran.result().unwrap();
    assert_eq!(report["count"], 2, "{report}");
    let records = report["records"].as_array().unwrap();
    assert!(records.iter().all(|record| record["operation_status"] == "success"), "{report}");
}
