//! Edits of a project take effect while it is served.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use mxcp_test_support::client::{Admin, Client, Http, Pipes};
use mxcp_test_support::project::Project;
use mxcp_test_support::workspace_root;
use serde_json::{Value as Json, json};

use crate::python::MODULE;

const GOOD: &str = "tool: {name: good, return: {type: integer}, source: {code: 'SELECT 42 AS answer'}}";

fn project() -> Project {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/good.yml", GOOD).unwrap();
    project.file("sql/filed.sql", "SELECT 1 AS answer").unwrap();
    project.file("tools/filed.yml", "tool: {name: filed, source: {file: ../sql/filed.sql}}").unwrap();
    project.set_all([("MXCP_ADMIN_ENABLED", "1"), ("MXCP_ADMIN_SOCKET", "admin.sock")]);
    project
}

fn admin(project: &Project) -> Admin {
    Admin::at(&project.path().join("admin.sock"))
}

fn result(client: &mut dyn Client, tool: &str) -> String {
    // There may be no such tool yet.
    let Ok(result) = client.call_tool(tool, &json!({})) else { return String::new() };
    result["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

/// Waits until a tool answers what it is to answer.
fn wait_for(client: &mut dyn Client, tool: &str, expected: &str) {
    let begun = Instant::now();
    while !result(client, tool).contains(expected) {
        assert!(begun.elapsed() < Duration::from_secs(30), "`{tool}` never answers {expected}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn edits_of_definitions_and_sql_take_effect_without_being_asked_for() {
    let project = project();
    let mut client = Http::start(&project, &["--watch"], true).unwrap();
    project.file("tools/good.yml", &GOOD.replace("42", "43")).unwrap();
    wait_for(&mut client, "good", "43");
    project.file("sql/filed.sql", "SELECT 2222 AS answer").unwrap();
    wait_for(&mut client, "filed", "2222");
    project.file("tools/new/fresh.yml", &GOOD.replace("good", "fresh")).unwrap();
    let state = admin(&project).wait_for(|reload| reload["generation"].as_u64() >= Some(3)).unwrap();
    assert_eq!(
        (&state["last_reload_trigger"], &state["last_reload_status"]),
        (&json!("files"), &json!("success"))
    );
    assert_eq!(result(&mut client, "fresh"), "42");
    std::fs::remove_file(project.path().join("tools/good.yml")).unwrap();
    admin(&project).wait_for(|reload| reload["generation"].as_u64() >= Some(4)).unwrap();
    assert!(client.call_tool("good", &json!({})).is_err());
}

#[test]
fn a_client_hears_only_of_what_it_can_see() {
    let project = project();
    let mut client = Pipes::start(&project, &["--watch"]).unwrap();
    project.file("tools/good.yml", &GOOD.replace("42", "43")).unwrap();
    wait_for(&mut client, "good", "43");
    project.file("tools/fresh.yml", &GOOD.replace("good", "fresh")).unwrap();
    assert_eq!(client.receive().unwrap()["method"], "notifications/tools/list_changed");
    assert_eq!(result(&mut client, "fresh"), "42");
}

#[test]
fn a_broken_edit_leaves_what_is_served_and_says_why() {
    let project = project();
    let mut client = Http::start(&project, &["--watch"], true).unwrap();
    project.file("tools/bad.yml", "tool: {name: bad, source: {code: 'SELEC 1'}}").unwrap();
    let failed = |reload: &Json| reload["last_reload_status"] == "error";
    let state = admin(&project).wait_for(failed).unwrap();
    assert!(state["last_reload_error"].as_str().unwrap().contains("tools/bad.yml"), "{state}");
    assert_eq!((&state["generation"], &state["in_progress"]), (&json!(0), &json!(false)));
    assert_eq!(result(&mut client, "good"), "42");
    project.file("tools/bad.yml", "tool: {name: bad, source: {code: 'SELECT 7 AS x'}}").unwrap();
    wait_for(&mut client, "bad", "7");
    project.file("mxcp-site.yml", "mxcp: 1\nproject: tested\nprofile: default\nnope: 1\n").unwrap();
    let state = admin(&project).wait_for(failed).unwrap();
    assert!(state["last_reload_error"].as_str().unwrap().contains("nope"), "{state}");
    assert!(result(&mut client, "bad").contains('7'));
}

#[test]
fn an_edit_is_looked_at_by_itself_and_who_asks_for_a_reload_has_everything_looked_at() {
    let project = project();
    let run = |sql: &str| project.command(&["query", sql]).output().unwrap();
    assert!(run("CREATE TABLE stored AS SELECT 1 AS n").status.success());
    project.file("tools/stored.yml", "tool: {name: stored, source: {code: 'SELECT n FROM stored'}}").unwrap();
    let mut client = Http::start(&project, &["--watch", "--sql-tools", "true"], true).unwrap();
    let dropped = client.call_tool("execute_sql_query", &json!({"sql": "DROP TABLE stored"})).unwrap();
    assert_eq!(dropped["isError"], false, "{dropped}");
    project.file("tools/good.yml", &GOOD.replace("42", "43")).unwrap();
    wait_for(&mut client, "good", "43");
    let state = admin(&project).reload().unwrap();
    assert!(state["last_reload_error"].as_str().unwrap().contains("tools/stored.yml"), "{state}");
    project.file("tools/good.yml", &GOOD.replace("42", "44")).unwrap();
    wait_for(&mut client, "good", "44");
}

#[test]
fn edits_of_the_configuration_take_effect() {
    const TOOL: &str = "tool: {name: scopes, return: {type: string}, source: {code: \
        \"SELECT string_agg(scope[1], ',') FROM duckdb_secrets()\"}}";
    let project = project();
    let config = |scope: &str| {
        let text = format!(
            "projects: {{tested: {{profiles: {{default: {{secrets: [{{name: web, type: http, parameters: {{BEARER_TOKEN: x, scope: \"{scope}\"}}}}]}}}}}}}}\n"
        );
        project.file(".mxcp/config.yml", &text).unwrap();
        let file = project.path().join(".mxcp/config.yml");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    config("https://old");
    project.file("tools/scopes.yml", TOOL).unwrap();
    let mut client = Http::start(&project, &["--watch"], true).unwrap();
    assert_eq!(result(&mut client, "scopes"), "https://old");
    config("https://newer");
    wait_for(&mut client, "scopes", "https://newer");
}

#[test]
fn edits_of_python_take_effect_and_those_of_sql_leave_python_alone() {
    let mut project =
        Project::copy_of(&workspace_root().join("tests/projects/python"), env!("CARGO_BIN_EXE_mxcp"))
            .unwrap();
    project
        .file(
            "python/version.py",
            "STARTED = []\n\n\ndef version():\n    STARTED.append(1)\n    return f'one {len(STARTED)}'\n",
        )
        .unwrap();
    project.file("tools/version.yml", "tool: {name: version, source: {file: ../python/version.py}}").unwrap();
    project.file("tools/good.yml", GOOD).unwrap();
    let variables =
        [("MXCP_CONFIG", "config.yml"), ("MXCP_ADMIN_ENABLED", "1"), ("MXCP_ADMIN_SOCKET", "admin.sock")];
    project.set_all(variables);
    let mut client = Http::start(&project, &["--watch"], true).unwrap();
    assert!(result(&mut client, "version").contains("one"));
    project.file("tools/good.yml", &GOOD.replace("42", "43")).unwrap();
    wait_for(&mut client, "good", "43");
    let state = admin(&project).get("/status").unwrap();
    assert_eq!(state["reload"]["last_reload_status"], "success", "{state}");
    // Who began anew would count from one: as many as there are workers, at most, have done so before.
    let counted: Vec<_> = (0..40).map(|_| result(&mut client, "version")).collect();
    assert!(counted.iter().any(|text| !text.contains("one 1")), "{counted:?}");
    project.file("python/version.py", "def version():\n    return 'the second'\n").unwrap();
    wait_for(&mut client, "version", "the second");
}

#[test]
fn an_edit_after_the_other_is_one_reload_each_and_none_is_left_out() {
    let project = project();
    let client = Http::start(&project, &["--watch"], true).unwrap();
    for (generation, answer) in (1..6).zip(100..) {
        project.file("tools/good.yml", &GOOD.replace("42", &answer.to_string())).unwrap();
        let state = admin(&project).wait_for(|reload| reload["generation"] == generation).unwrap();
        assert_eq!(
            (&state["last_reload_trigger"], &state["last_reload_status"]),
            (&json!("files"), &json!("success")),
            "{state}"
        );
    }
    assert_eq!(admin(&project).get("/status").unwrap()["reload"]["queued"], 0);
    drop(client);
}

#[test]
fn files_that_the_configuration_refers_to_are_watched_from_when_it_does() {
    const TOOL: &str = "tool: {name: scopes, return: {type: string}, source: {code: \
        \"SELECT string_agg(scope[1], ',') FROM duckdb_secrets()\"}}";
    let project = project();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = |name: &str| elsewhere.path().join(name);
    let config = |name: &str| {
        let text = format!(
            "projects: {{tested: {{profiles: {{default: {{secrets: [{{name: web, type: http, parameters: {{BEARER_TOKEN: x, scope: \"file://{}\"}}}}]}}}}}}}}\n",
            file(name).display()
        );
        project.file(".mxcp/config.yml", &text).unwrap();
        let file = project.path().join(".mxcp/config.yml");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    std::fs::write(file("first"), "https://old").unwrap();
    std::fs::write(file("second"), "https://other").unwrap();
    config("first");
    project.file("tools/scopes.yml", TOOL).unwrap();
    let mut client = Http::start(&project, &["--watch"], true).unwrap();
    assert_eq!(result(&mut client, "scopes"), "https://old");
    std::fs::write(file("first"), "https://newer").unwrap();
    wait_for(&mut client, "scopes", "https://newer");
    config("second");
    wait_for(&mut client, "scopes", "https://other");
    std::fs::write(file("second"), "https://newest").unwrap();
    wait_for(&mut client, "scopes", "https://newest");
}

/// A project in Python, whose tool `version` says what its file says.
fn in_python(in_process: bool) -> Project {
    let mut project =
        Project::copy_of(&workspace_root().join("tests/projects/python"), env!("CARGO_BIN_EXE_mxcp"))
            .unwrap();
    if in_process {
        project.use_module(&MODULE);
    }
    project.file("python/told.py", "TEXT = 'the first'\n").unwrap();
    project
        .file("python/version.py", "from told import TEXT\n\n\ndef version():\n    return TEXT\n")
        .unwrap();
    project.file("tools/version.yml", "tool: {name: version, source: {file: ../python/version.py}}").unwrap();
    project.file("tools/good.yml", GOOD).unwrap();
    let variables =
        [("MXCP_CONFIG", "config.yml"), ("MXCP_ADMIN_ENABLED", "1"), ("MXCP_ADMIN_SOCKET", "admin.sock")];
    project.set_all(variables);
    project
}

#[test]
fn a_reload_that_fails_leaves_python_as_it_was_until_one_succeeds() {
    for in_process in [false, true] {
        let project = in_python(in_process);
        let mut client = Http::start(&project, &["--watch"], true).unwrap();
        assert!(result(&mut client, "version").contains("the first"));
        let failed = |part: &'static str| {
            move |reload: &Json| {
                reload["last_reload_error"].as_str().is_some_and(|error| error.contains(part))
            }
        };
        // Only the running database can say that there is no such table.
        project.file("tools/good.yml", &GOOD.replace("42 AS answer", "a FROM nowhere")).unwrap();
        admin(&project).wait_for(failed("nowhere")).unwrap();
        project.file("python/told.py", "TEXT = 'the second'\n").unwrap();
        let other = GOOD.replace("good", "other").replace("42 AS answer", "a FROM elsewhere");
        project.file("tools/other.yml", &other).unwrap();
        admin(&project).wait_for(failed("elsewhere")).unwrap();
        let ready = |reload: &Json| reload["in_progress"] == false && reload["queued"] == 0;
        admin(&project).wait_for(ready).unwrap();
        for _ in 0..10 {
            let version = result(&mut client, "version");
            assert!(version.contains("the first"), "{in_process}: {version}");
        }
        assert_eq!(result(&mut client, "good"), "42");
        // Nothing of Python is edited now, and yet it is what had been edited before.
        std::fs::remove_file(project.path().join("tools/other.yml")).unwrap();
        project.file("tools/good.yml", &GOOD.replace("42", "43")).unwrap();
        wait_for(&mut client, "good", "43");
        assert!(result(&mut client, "version").contains("the second"), "{in_process}");
    }
}

#[test]
fn a_process_that_is_started_later_runs_the_same_python_as_the_others() {
    let project = in_python(false);
    project.file("python/crash.py", "import os\nimport subprocess\nimport time\n\n\ndef crash():\n    subprocess.run(['kill', '-9', str(os.getpid())])\n    time.sleep(1000)\n").unwrap();
    project.file("tools/crash.yml", "tool: {name: crash, source: {file: ../python/crash.py}}").unwrap();
    let mut client = Http::start(&project, &["--no-watch"], true).unwrap();
    assert!(result(&mut client, "version").contains("the first"));
    project.file("python/told.py", "TEXT = 'the second'\n").unwrap();
    for _ in 0..4 {
        assert_eq!(client.call_tool("crash", &json!({})).unwrap()["isError"], true);
        assert!(result(&mut client, "version").contains("the first"));
    }
    assert_eq!(admin(&project).reload().unwrap()["last_reload_status"], "success");
    assert!(result(&mut client, "version").contains("the second"));
}
