//! Reloads under load: nobody's call fails.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use mxcp_test_support::client::{Admin, Client as _, Http, Pipes};
use mxcp_test_support::project::Project;
use mxcp_test_support::workspace_root;
use serde_json::{Value as Json, json};

/// How many call at a time.
const CALLERS: usize = 16;

/// Many tools, reloaded so often.
const TOOLS: usize = 200;
const RELOADS: usize = 5;

fn looked_after(project: &mut Project) -> Admin {
    project.set_all([("MXCP_ADMIN_ENABLED", "1"), ("MXCP_ADMIN_SOCKET", "admin.sock")]);
    Admin::at(&project.path().join("admin.sock"))
}

/// Calls a tool over and over while `work` is done. Gives how often, and what it answered.
fn under_load(url: &str, tool: &str, work: impl FnOnce()) -> (usize, Vec<Json>) {
    let (done, called) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (done, called) = (Arc::clone(&done), Arc::clone(&called));
            let (url, tool) = (url.to_owned(), tool.to_owned());
            thread::spawn(move || {
                let mut answers = Vec::new();
                while !done.load(Ordering::SeqCst) {
                    let answer = call(&url, &tool);
                    if answers.last() != Some(&answer) {
                        answers.push(answer);
                    }
                    called.fetch_add(1, Ordering::SeqCst);
                }
                answers
            })
        })
        .collect();
    work();
    done.store(true, Ordering::SeqCst);
    let answers = callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect();
    (called.load(Ordering::SeqCst), answers)
}

/// The result of one call.
fn call(url: &str, tool: &str) -> Json {
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": tool, "arguments": {}, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }},
    });
    let mut response = ureq::post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .send(body.to_string())
        .unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    let answer: Json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    assert!(answer["result"]["isError"] != true && answer["result"].is_object(), "{answer}");
    answer["result"]["structuredContent"]["result"].clone()
}

#[test]
fn many_tools_are_reloaded_under_load_and_no_call_fails() {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let tool = |name: &str, answer: usize| {
        format!(
            "tool: {{name: {name}, return: {{type: integer}}, source: {{code: 'SELECT {answer} AS answer'}}}}"
        )
    };
    for number in 0..TOOLS {
        project.file(&format!("tools/t{number}.yml"), &tool(&format!("t{number}"), number)).unwrap();
    }
    project.file("tools/counted.yml", &tool("counted", 0)).unwrap();
    let admin = looked_after(&mut project);
    let server = Http::start(&project, &[], true).unwrap();
    let (calls, answers) = under_load(server.url(), "counted", || {
        for round in 1..=RELOADS {
            project.file("tools/counted.yml", &tool("counted", round)).unwrap();
            let state = admin.reload().unwrap();
            assert_eq!(state["last_reload_status"], "success", "{state}");
            assert_eq!(state["generation"], round);
        }
    });
    assert!(calls > 0);
    let numbers: Vec<_> = answers.iter().map(|answer| answer.as_u64().unwrap()).collect();
    // Each caller sees what is served go forward only, and all that was asked for is served in the end.
    assert!(numbers.iter().all(|number| *number <= RELOADS as u64), "{numbers:?}");
    assert_eq!(call(server.url(), "counted"), json!(RELOADS));
}

#[test]
fn a_database_is_replaced_under_load_and_no_call_fails() {
    let mut project =
        Project::copy_of(&workspace_root().join("tests/projects/python"), env!("CARGO_BIN_EXE_mxcp"))
            .unwrap();
    project.set_all([("MXCP_CONFIG", "config.yml")]);
    for (name, payload) in [
        ("swap", "import shutil\n    shutil.copy('new.duckdb', 'data/db-default.duckdb')"),
        ("failing", "raise ValueError('no such data')"),
    ] {
        let code = format!(
            "from mxcp.runtime import reload_duckdb\n\n\ndef {name}():\n    reload_duckdb(payload, 'another file')\n    return 'asked'\n\n\ndef payload():\n    {payload}\n"
        );
        project.file(&format!("python/{name}.py"), &code).unwrap();
        let tool = format!("tool: {{name: {name}, source: {{file: ../python/{name}.py}}}}");
        project.file(&format!("tools/{name}.yml"), &tool).unwrap();
    }
    let tool = "tool: {name: stored, return: {type: string}, source: {code: 'SELECT text FROM stored'}}";
    project.file("tools/stored.yml", tool).unwrap();
    let fill = |path: &str, text: &str| {
        let sql = format!("CREATE TABLE stored AS SELECT '{text}' AS text");
        let ran = project.command(&["query", &sql]).env("MXCP_DUCKDB_PATH", path).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    };
    fill("data/db-default.duckdb", "old");
    fill("new.duckdb", "new");
    let admin = looked_after(&mut project);
    let mut server = Http::start(&project, &[], true).unwrap();
    let url = server.url().to_owned();
    let (calls, answers) = under_load(&url, "stored", || {
        server.call_tool("swap", &json!({})).unwrap();
        let state = admin.wait_for(|reload| !reload["last_reload"].is_null()).unwrap();
        assert_eq!(
            (&state["last_reload_status"], &state["last_reload_trigger"]),
            (&json!("success"), &json!("python"))
        );
        while call(&url, "stored") != "new" {}
    });
    assert!(calls > 0);
    assert!(answers.iter().all(|answer| answer == "old" || answer == "new"), "{answers:?}");
    assert!(answers.contains(&json!("new")), "{answers:?}");

    server.call_tool("failing", &json!({})).unwrap();
    let state = admin.wait_for(|reload| reload["last_reload_status"] == "error").unwrap();
    assert!(state["last_reload_error"].as_str().unwrap().contains("no such data"), "{state}");
    assert_eq!(call(&url, "stored"), "new", "the project is started again all the same");
}

/// Somebody who is asked, and may never answer, does not keep everybody else from calling.
#[test]
fn a_question_that_nobody_answers_does_not_hold_a_reload_up() {
    for (name, asks) in [("asks", "mcp.elicit"), ("asks_later", "await mcp.elicit")] {
        let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
        let kind = if asks.starts_with("await") { "async def" } else { "def" };
        let code = format!(
            "from mxcp.runtime import mcp\n\n\n{kind} {name}():\n    return ({asks}('Who?', {{'type': 'object', 'properties': {{}}}})).action\n"
        );
        project.file("python/asking.py", &code).unwrap();
        let tool = format!("tool: {{name: {name}, source: {{file: ../python/asking.py}}}}");
        project.file(&format!("tools/{name}.yml"), &tool).unwrap();
        let tool = "tool: {name: counted, return: {type: integer}, source: {code: 'SELECT 42 AS n'}}";
        project.file("tools/counted.yml", tool).unwrap();
        let admin = looked_after(&mut project);
        let mut server = Http::start(&project, &[], false).unwrap();
        server.begin(json!({"elicitation": {}})).unwrap();
        let mut asked = server.open("tools/call", &json!({"name": name, "arguments": {}})).unwrap();
        assert_eq!(asked.message().unwrap()["method"], "elicitation/create", "{name}");
        let (_, answers) = under_load(server.url(), "counted", || {
            let state = admin.reload().unwrap();
            assert_eq!(state["last_reload_status"], "success", "{name}: {state}");
        });
        assert_eq!(answers, vec![json!(42); answers.len()], "{name}: everybody else is answered");
        let ended = loop {
            let message = asked.message().unwrap();
            if message["result"].is_object() {
                break message;
            }
        };
        let problem = ended["result"]["content"][0]["text"].as_str().unwrap_or_default();
        assert!(problem.contains("can't wait for the answer: make the call again"), "{name}: {ended}");
    }
}

#[test]
fn a_database_that_another_process_holds_is_there_again_once_it_lets_go() {
    let mut project =
        Project::copy_of(&workspace_root().join("tests/projects/python"), env!("CARGO_BIN_EXE_mxcp"))
            .unwrap();
    project.set_all([("MXCP_CONFIG", "config.yml")]);
    let lend = "import os, time\nfrom mxcp.runtime import reload_duckdb\n\n\ndef lend():\n    reload_duckdb(wait, 'somebody else writes')\n    \
        return 'asked'\n\n\ndef wait():\n    open('closed.txt', 'w').close()\n    while not os.path.exists('held.txt'):\n        time.sleep(0.02)\n";
    project.file("python/lend.py", lend).unwrap();
    project.file("tools/lend.yml", "tool: {name: lend, source: {file: ../python/lend.py}}").unwrap();
    let tool = "tool: {name: counted, return: {type: integer}, source: {code: 'SELECT 42 AS n'}}";
    project.file("tools/counted.yml", tool).unwrap();
    let admin = looked_after(&mut project);
    let mut server = Http::start(&project, &[], true).unwrap();
    server.call_tool("lend", &json!({})).unwrap();
    while !project.path().join("closed.txt").exists() {
        thread::yield_now();
    }
    let mut other = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let database = project.path().join("data/db-default.duckdb").display().to_string();
    other.set_all([("MXCP_DUCKDB_PATH", database.as_str())]);
    let holder = Pipes::start(&other, &[]).unwrap();
    project.file("held.txt", "").unwrap();
    let state = admin.wait_for(|reload| reload["last_reload_status"] == "error").unwrap();
    assert!(state["last_reload_error"].as_str().unwrap().contains("Could not set lock on file"), "{state}");
    let refused = server.call_tool("counted", &json!({})).unwrap();
    assert_eq!(refused["isError"], true, "{refused}");
    let state = admin.reload().unwrap();
    assert_eq!(state["last_reload_status"], "error", "it still holds it: {state}");
    assert_eq!(holder.close().unwrap().1, Some(0));
    let state = admin.reload().unwrap();
    assert_eq!(state["last_reload_status"], "success", "{state}");
    assert_eq!(call(server.url(), "counted"), 42);
    assert_eq!(server.call_tool("lend", &json!({})).unwrap()["isError"], false);
}

#[test]
fn a_configuration_that_can_not_be_started_gives_way_to_the_one_before() {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project
        .file(
            "tools/good.yml",
            "tool: {name: good, return: {type: integer}, source: {code: 'SELECT 42 AS answer'}}",
        )
        .unwrap();
    let admin = looked_after(&mut project);
    let server = Http::start(&project, &[], true).unwrap();
    let site = "mxcp: 1\nproject: tested\nprofile: default\nprofiles: {default: {duckdb: {path: PATH}}}\n";
    project.file("no.duckdb", "this is no database, and long enough to be looked at as one").unwrap();
    project.file("mxcp-site.yml", &site.replace("PATH", "no.duckdb")).unwrap();
    let state = admin.reload().unwrap();
    assert_eq!(state["last_reload_status"], "error");
    assert!(
        state["last_reload_error"].as_str().unwrap().contains("the one from before runs again"),
        "{state}"
    );
    assert_eq!(call(server.url(), "good"), 42);
    assert_eq!(admin.get("/health").unwrap()["status"], "ok");
    project.file("mxcp-site.yml", &site.replace("PATH", "other.duckdb")).unwrap();
    assert_eq!(admin.reload().unwrap()["last_reload_status"], "success");
    assert_eq!(call(server.url(), "good"), 42);
    assert_eq!(admin.get("/config").unwrap()["duckdb_path"], "other.duckdb");
}

#[test]
fn a_signal_reloads_as_well() {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let admin = looked_after(&mut project);
    let server = Http::start(&project, &[], true).unwrap();
    let status = Command::new("kill").args(["-HUP", &server.process().to_string()]).status().unwrap();
    assert!(status.success());
    let state = admin.wait_for(|reload| !reload["last_reload"].is_null()).unwrap();
    assert_eq!(
        (&state["last_reload_trigger"], &state["last_reload_status"]),
        (&json!("signal"), &json!("success"))
    );
    assert!(state["last_reload"].as_str().unwrap().ends_with('Z'), "{state}");
}
