//! What `mxcp lock` pins, and what `--locked` refuses.

use std::fs;
use std::io::BufRead as _;
use std::process::Command;

use mxcp_test_support::client::{Client as _, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const TOOL: &str = "tool: {name: answer, return: {type: integer}, source: {file: ../sql/answer.sql}}\n";
const PROMPT: &str = "prompt: {name: greet, messages: [{role: user, prompt: Hello}]}\n";

/// A project with something of every kind of file.
fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (path, text) in [
        ("tools/answer.yml", TOOL),
        ("sql/answer.sql", "SELECT 42 AS answer\n"),
        ("prompts/greet.yml", PROMPT),
        ("data/rows.csv", "a\n1\n"),
        (".mxcp/config.yml", "mxcp: 1\n"),
    ] {
        project.file(path, text).unwrap();
    }
    project
}

fn with_python() -> Project {
    let project = project();
    for (path, text) in [
        ("tools/py.yml", "tool: {name: py, language: python, source: {file: ../python/py.py}}\n"),
        ("python/py.py", "def py():\n    return 1\n"),
        ("python/words.txt", "one\n"),
        ("plugins/extra.py", ""),
        ("helper.py", ""),
        ("not-a-package/other.py", ""),
    ] {
        project.file(path, text).unwrap();
    }
    project
}

fn lock(project: &Project) {
    let ran = project.run(&["lock"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

fn locked(project: &Project) -> Vec<String> {
    let text = fs::read_to_string(project.path().join("mxcp.lock")).unwrap();
    let lines = text.lines().skip_while(|line| *line != "files:").skip(1);
    lines.map(|line| line.trim().split_once(": sha256:").unwrap().0.to_owned()).collect()
}

/// What a check finds.
fn drift(project: &Project) -> Json {
    let ran = project.run(&["lock", "--check", "--json-output"]).unwrap();
    let document = ran.json().unwrap();
    let changes = document["result"]["changes"].clone();
    let drifted = changes.as_array().is_some_and(|changes| !changes.is_empty());
    assert_eq!(ran.code, Some(i32::from(drifted)), "{ran:?}");
    assert_eq!(document["result"]["status"], if drifted { "drifted" } else { "ok" });
    changes
}

fn change(path: &str, change: &str) -> Json {
    json!({ "path": path, "change": change })
}

#[test]
fn whatever_decides_what_is_served_is_pinned_and_nothing_else() {
    let sql = project();
    lock(&sql);
    assert_eq!(locked(&sql), ["mxcp-site.yml", "prompts/greet.yml", "sql/answer.sql", "tools/answer.yml"]);
    let python = with_python();
    lock(&python);
    let more = ["helper.py", "plugins/extra.py", "python/py.py", "python/words.txt", "tools/py.yml"];
    let all = locked(&python);
    assert!(more.iter().all(|path| all.iter().any(|locked| locked == path)), "{all:?}");
    assert_eq!(all.len(), 9, "{all:?}");
}

#[test]
fn every_kind_of_drift_is_named() {
    let project = with_python();
    lock(&project);
    assert_eq!(drift(&project), json!([]));
    for (path, text) in [
        ("mxcp-site.yml", "mxcp: 1\nproject: tested\nprofile: other\n"),
        ("sql/answer.sql", "SELECT 43 AS answer\n"),
        ("python/py.py", "def py():\n    return 2\n"),
        ("python/words.txt", "two\n"),
        ("plugins/extra.py", "pass\n"),
        ("helper.py", "pass\n"),
        ("tools/answer.yml", &TOOL.replace("integer", "number")),
    ] {
        let before = fs::read_to_string(project.path().join(path)).unwrap();
        project.file(path, text).unwrap();
        assert_eq!(drift(&project), json!([change(path, "changed")]));
        project.file(path, &before).unwrap();
    }
    fs::remove_file(project.path().join("prompts/greet.yml")).unwrap();
    project
        .file("resources/new.yml", "enabled: false\nresource: {uri: 'a://b', source: {code: SELECT 1}}\n")
        .unwrap();
    assert_eq!(
        drift(&project),
        json!([change("prompts/greet.yml", "removed"), change("resources/new.yml", "added")])
    );
    let human = project.run(&["lock", "--check"]).unwrap();
    assert_eq!(human.stdout, "removed  prompts/greet.yml\nadded    resources/new.yml\n");
    assert!(human.stderr.contains("2 files are not as mxcp.lock says"), "{human:?}");
}

#[test]
fn bytes_count_and_times_do_not() {
    let project = project();
    lock(&project);
    let lock_file = fs::metadata(project.path().join("mxcp.lock")).unwrap().modified().unwrap();
    project.file("tools/answer.yml", TOOL).unwrap();
    project.file("data/rows.csv", "a\n2\n").unwrap();
    project.file(".mxcp/config.yml", "mxcp: 1\nprojects: {}\n").unwrap();
    assert_eq!(drift(&project), json!([]));
    lock(&project);
    let again = fs::metadata(project.path().join("mxcp.lock")).unwrap().modified().unwrap();
    assert_eq!(lock_file, again, "nothing is written where nothing has changed");
    project.file("sql/answer.sql", "SELECT 42 AS answer\r\n").unwrap();
    assert_eq!(drift(&project), json!([change("sql/answer.sql", "changed")]));
}

#[test]
fn a_project_without_a_usable_lock_is_refused() {
    let project = project();
    let refused = |arguments: &[&str], expected: &str| {
        let ran = project.run(arguments).unwrap();
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains(expected), "{ran:?}");
        assert!(ran.stdout.is_empty(), "{ran:?}");
    };
    let serve = ["serve", "--transport", "stdio", "--locked"];
    let run = ["run", "tool", "answer", "--locked"];
    for arguments in [&serve[..], &run, &["test", "--locked"], &["lock", "--check"]] {
        refused(arguments, "the project is not locked: it has no mxcp.lock");
    }
    project.file("mxcp.lock", "version: 2\n").unwrap();
    for arguments in [&serve[..], &run, &["lock", "--check"], &["lock"]] {
        refused(arguments, "format 2 of the lock is not known");
    }
    fs::remove_file(project.path().join("mxcp.lock")).unwrap();
    lock(&project);
    project.file("sql/answer.sql", "SELECT 0\n").unwrap();
    for arguments in [&serve[..], &run, &["test", "--locked"]] {
        refused(arguments, "the project is not as mxcp.lock says:\n  changed sql/answer.sql");
    }
    assert!(!project.path().join("data/db-default.duckdb").exists(), "nothing is opened");
}

#[test]
fn locking_needs_no_secrets() {
    let project = project();
    let secrets = "secrets: [{name: web, type: http, parameters: {token: \"${TEST_UNSET}\"}}]";
    let user = format!("projects: {{tested: {{profiles: {{default: {{{secrets}}}}}}}}}\n");
    project.file(".mxcp/config.yml", &user).unwrap();
    assert_eq!(project.run(&["list"]).unwrap().code, Some(1), "the reference leads nowhere");
    lock(&project);
    assert_eq!(drift(&project), json!([]));
}

#[test]
fn a_locked_project_runs() {
    let project = project();
    lock(&project);
    let ran = project.run(&["run", "tool", "answer", "--locked", "--json-output"]).unwrap();
    assert_eq!(ran.result().unwrap(), json!(42));
}

#[test]
fn a_reload_that_python_asks_for_takes_no_code_that_is_not_locked() {
    let project = with_python();
    project
        .file("python/py.py", "from helper import VERSION\nfrom mxcp.runtime import reload_duckdb\n\n\ndef py():\n    reload_duckdb(description='again')\n    return VERSION\n")
        .unwrap()
        .file("helper.py", "VERSION = 1\n")
        .unwrap();
    lock(&project);
    let mut command = project.command(&["serve", "--transport", "stdio", "--locked"]);
    command.env("RUST_LOG", "error");
    let (mut client, mut log) = Pipes::start_logging_as(command).unwrap();
    project.file("helper.py", "VERSION = 2\n").unwrap();
    for _ in 0..2 {
        let answer = client.call_tool("py", &json!({})).unwrap();
        assert_eq!(answer["content"][0]["text"], "1", "{answer}");
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        assert!(
            line.contains("the project is not as locked") && line.contains("changed helper.py"),
            "{line}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_lies_outside_can_not_be_locked() {
    let (project, other) = (project(), tempfile::tempdir().unwrap());
    fs::write(other.path().join("x.yml"), PROMPT).unwrap();
    std::os::unix::fs::symlink(other.path().join("x.yml"), project.path().join("prompts/x.yml")).unwrap();
    std::os::unix::fs::symlink("answer.yml", project.path().join("tools/link.yml")).unwrap();
    fs::create_dir(project.path().join("prompts/folder.yml")).unwrap();
    let error = project.run(&["lock", "--json-output"]).unwrap().error().unwrap();
    assert!(error.contains("`prompts/x.yml` lies outside of the project's folder"), "{error}");
    assert!(!error.contains("link.yml"), "{error}");
    assert!(!project.path().join("mxcp.lock").exists());
}

#[cfg(unix)]
#[test]
fn a_reload_that_is_not_locked_changes_nothing() {
    let project = project();
    lock(&project);
    let mut command = project.command(&["serve", "--transport", "stdio", "--locked"]);
    command.env("RUST_LOG", "error");
    let (mut client, mut log) = Pipes::start_logging_as(command).unwrap();
    let answer = |client: &mut Pipes| {
        client.call_tool("answer", &json!({})).unwrap()["structuredContent"]["result"].clone()
    };
    let reload = |client: &Pipes| {
        let process = client.process().to_string();
        assert!(Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    };
    assert_eq!(answer(&mut client), 42);
    project.file("sql/answer.sql", "SELECT 43 AS answer\n").unwrap();
    project.file("tools/more.yml", &TOOL.replace("answer,", "more,")).unwrap();
    reload(&client);
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    assert!(line.contains("nothing is reloaded") && line.contains("changed sql/answer.sql"), "{line}");
    assert_eq!(answer(&mut client), 42);
    lock(&project);
    reload(&client);
    assert_eq!(client.receive().unwrap()["method"], "notifications/tools/list_changed");
    assert_eq!(answer(&mut client), 43);
}
