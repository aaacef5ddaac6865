//! `mxcp test`: what is run, what is said of it, and with which exit code.

use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const SHOP: &str = r#"tool:
  name: shop
  parameters:
    - {name: n, type: integer, maximum: 10}
  return: {type: object, properties: {n: {type: integer}, who: {type: string}, day: {type: string}}}
  source: {code: "SELECT $n AS n, get_username() AS who, DATE '2024-02-29' AS day"}
  policies:
    input:
      - {condition: "user.username == 'mallory'", action: deny, reason: not for mallory}
  tests:
    - name: by number
      description: gives the number
      arguments: [{key: n, value: 5}]
      result_contains: {n: 5.0, day: 2024-02-29}
    - name: by somebody
      arguments: [{key: n, value: 1}]
      user_context: {username: ada}
      result: {n: 1, who: ada, day: "2024-02-29T00:00:00"}
    - name: too many
      arguments: [{key: n, value: 11}]
      error: "Error validating parameter 'n'"
    - name: mallory
      arguments: [{key: n, value: 1}]
      user_context: {username: mallory}
      denied: not for mallory
"#;

const BAD: &str = r#"tool:
  name: bad
  source: {code: "SELECT 1 AS n UNION ALL SELECT 2"}
  tests:
    - {name: length, arguments: [], result_length: 3}
    - {name: fine, arguments: [], result_length: 2}
"#;

const NOTES: &str = r#"resource:
  uri: notes://{id}
  parameters: [{name: id, type: string}]
  return: {type: string}
  source: {code: "SELECT 'note ' || $id AS note"}
  tests:
    - {name: one, arguments: [{key: id, value: a}], result: note a}
"#;

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/shop.yml", SHOP).unwrap();
    project.file("resources/notes.yml", NOTES).unwrap();
    project
}

/// The result of a run whose tests did not pass.
fn failed(project: &Project, arguments: &[&str]) -> Json {
    let ran = project.run(arguments).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let mut document = ran.json().unwrap();
    assert_eq!(document["status"], "ok", "{document}");
    document["result"].take()
}

#[test]
fn tests_pass_with_values_callers_refusals_and_denials() {
    let result = project().run(&["test", "--json-output"]).unwrap().result().unwrap();
    assert_eq!((&result["status"], &result["tests_run"]), (&json!("ok"), &json!(5)), "{result}");
    let shop = &result["endpoints"][0];
    assert_eq!((&shop["endpoint"], &shop["path"]), (&json!("tool/shop"), &json!("tools/shop.yml")));
    let first = &shop["test_results"]["tests"][0];
    assert_eq!((&first["name"], &first["description"]), (&json!("by number"), &json!("gives the number")));
    assert!(first["time"].is_f64() && first.get("error").is_none(), "{first}");
    assert_eq!(result["endpoints"][1]["endpoint"], "resource/notes://{id}");
}

#[test]
fn failures_are_told_and_end_with_one() {
    let project = project();
    project.file("tools/bad.yml", BAD).unwrap();
    let result = failed(&project, &["test", "--json-output"]);
    assert_eq!((&result["status"], &result["tests_run"]), (&json!("failed"), &json!(7)), "{result}");
    let test = &result["endpoints"][0]["test_results"]["tests"][0];
    assert_eq!(
        (&test["status"], &test["error"]),
        (&json!("failed"), &json!("Array has 2 items, expected 3"))
    );

    let ran = project.run(&["test"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for part in [
        "Tested 3 endpoints",
        "• 2 passed",
        "• 1 failed",
        "✗ length (",
        "Error: Array has 2 items",
        "✓ by number (",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {ran:?}");
    }
    let (failed, passed) = (ran.stdout.find("tool/bad").unwrap(), ran.stdout.find("tool/shop").unwrap());
    assert!(failed < passed, "{ran:?}");
    assert!(!ran.stderr.contains('\r'), "progress without a terminal: {ran:?}");
}

#[test]
fn a_call_that_fails_is_an_error_with_its_cause() {
    let project = project();
    let text =
        "tool: {name: gone, source: {code: 'SELECT * FROM nowhere'}, tests: [{name: a, arguments: []}]}";
    project.file("tools/gone.yml", text).unwrap();
    let result = failed(&project, &["test", "tool", "gone", "--json-output"]);
    let test = &result["tests"][0];
    assert_eq!((&result["status"], &test["status"]), (&json!("error"), &json!("error")), "{result}");
    assert!(test["error"].as_str().unwrap().starts_with("Failed to execute SQL: Catalog Error"), "{test}");
    assert!(test["error_cause"].as_str().unwrap().starts_with("Catalog Error"), "{test}");
    assert!(project.run(&["test", "--debug"]).unwrap().stdout.contains("Cause: Catalog Error"));
}

#[test]
fn one_kind_and_one_endpoint_can_be_asked_for() {
    let project = project();
    let result = project.run(&["test", "resource", "--json-output"]).unwrap().result().unwrap();
    assert_eq!((&result["tests_run"], result["endpoints"].as_array().unwrap().len()), (&json!(1), 1));
    let result =
        project.run(&["test", "resource", "notes://{id}", "--json-output"]).unwrap().result().unwrap();
    assert_eq!((&result["status"], &result["tests"][0]["status"]), (&json!("ok"), &json!("passed")));
    let result = failed(&project, &["test", "tool", "nope", "--json-output"]);
    assert_eq!(
        (&result["status"], &result["message"]),
        (&json!("error"), &json!("Endpoint not found: tool/nope"))
    );
    let ran = project.run(&["test", "tool", "shop"]).unwrap();
    assert!(ran.stdout.contains("All tests passed!") && ran.stdout.contains("Test Results:"), "{ran:?}");
}

#[test]
fn broken_files_and_endpoints_without_tests_are_told() {
    let project = project();
    project.file("tools/broken.yml", "tool: {name: broken}").unwrap();
    project.file("tools/plain.yml", "tool: {name: plain, source: {code: SELECT 1}}").unwrap();
    let result = failed(&project, &["test", "--json-output"]);
    let broken = &result["endpoints"][0];
    assert!(broken["endpoint"].as_str().unwrap().ends_with("/tools/broken.yml"), "{broken}");
    let expected = json!({
        "status": "error", "tests_run": 0, "no_tests": false, "tests": [], "message": "tool.source: Field required",
    });
    assert_eq!(broken["test_results"], expected);
    let plain = json!({ "status": "ok", "tests_run": 0, "no_tests": true, "tests": [] });
    assert_eq!(result["endpoints"][1]["test_results"], plain);
    let empty = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let result = empty.run(&["test", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(result, json!({ "status": "ok", "tests_run": 0, "endpoints": [] }));
}

#[test]
fn the_command_line_replaces_every_caller() {
    let project = project();
    let ada = r#"{"username": "grace"}"#;
    let result = failed(&project, &["test", "tool", "shop", "-u", ada, "--json-output"]);
    let status = |index: usize| result["tests"][index]["status"].clone();
    assert_eq!([status(0), status(1), status(2), status(3)], ["passed", "failed", "passed", "failed"]);
    assert_eq!(project.run(&["test", "-u", "{"]).unwrap().code, Some(2));
    assert_eq!(project.run(&["test", "--request-headers", "[]"]).unwrap().code, Some(2));
}

#[test]
fn tests_share_one_database_in_order() {
    let project = project();
    let text = r#"tool:
  name: counter
  source: {code: "CREATE TABLE IF NOT EXISTS c (i INTEGER); INSERT INTO c VALUES (1); SELECT count(*) AS n FROM c"}
  tests:
    - {name: first, arguments: [], result: [{n: 1}]}
    - {name: second, arguments: [], result: [{n: 2}]}
"#;
    project.file("tools/counter.yml", text).unwrap();
    assert_eq!(
        project.run(&["test", "tool", "counter", "--json-output"]).unwrap().result().unwrap()["status"],
        "ok"
    );
    let rows =
        project.run(&["query", "SELECT count(*) AS n FROM c", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(rows, json!([{ "n": 2 }]));
}

#[test]
fn junit_is_written_beside_the_report() {
    let project = project();
    project.file("tools/bad.yml", BAD).unwrap();
    project.file("deep/keep.txt", "").unwrap();
    let mut command = project.command(&["test", "--junit", "out.xml"]);
    let ran = command.current_dir(project.path().join("deep")).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    let xml = std::fs::read_to_string(project.path().join("deep/out.xml")).unwrap();
    assert!(xml.contains("<testsuites name=\"mxcp\" tests=\"7\" failures=\"1\" errors=\"0\""), "{xml}");
    assert!(xml.contains("<testsuite name=\"resource/notes://{id}\" file=\"resources/notes.yml\""), "{xml}");
    assert!(xml.contains("<failure message=\"Array has 2 items, expected 3\">"), "{xml}");
}

#[test]
fn arguments_that_can_not_be_right_are_warned_of_when_loading() {
    let project = project();
    let text = r#"tool:
  name: odd
  parameters: [{name: n, type: integer}]
  source: {code: "SELECT $n AS n"}
  tests:
    - {name: type, arguments: [{key: n, value: x}]}
    - {name: unknown, arguments: [{key: n, value: 1}, {key: zz, value: 1}]}
    - {name: missing, arguments: []}
    - {name: expected, arguments: [], error: "Required parameter missing: n"}
"#;
    project.file("tools/odd.yml", text).unwrap();
    let entry = project.run(&["validate", "odd", "--json-output"]).unwrap().result().unwrap();
    let findings: Vec<_> = entry["diagnostics"].as_array().unwrap().iter().collect();
    assert!(
        findings.iter().all(|it| it["code"] == "test-argument" && it["severity"] == "warning"),
        "{entry}"
    );
    let paths: Vec<_> = findings.iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        ["tool.tests.0.arguments.0.value", "tool.tests.1.arguments.1.key", "tool.tests.2.arguments"]
    );
    assert_eq!(project.run(&["validate", "odd", "--strict"]).unwrap().code, Some(1));
    let both = "tool: {name: both, source: {code: SELECT 1}, tests: [{name: a, arguments: [], result: 1, error: x}]}";
    project.file("tools/both.yml", both).unwrap();
    let ran = project.run(&["validate", "both", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.json().unwrap()["result"]["diagnostics"][0]["path"], "tool.tests.0.error");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_tests_with_a_report_of_what_ran() {
    use std::process::{Command, Stdio};

    let project = project();
    let text = r#"tool:
  name: endless
  source: {code: "COPY (SELECT 1) TO 'begun.csv'; SELECT count(*) FROM range(1000000) a (x), range(1000000) b (y) WHERE (x * y) % 7 = 1"}
  tests:
    - {name: stopped, arguments: []}
    - {name: never, arguments: []}
"#;
    project.file("tools/a.yml", text).unwrap();
    let mut command = project.command(&["test"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !project.path().join("begun.csv").exists() {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert_eq!(ended.status.code(), Some(1), "{out} {err}");
    assert!(out.contains("stopped") && !out.contains("never") && !out.contains("tool/shop"), "{out}");
    assert!(err.contains("Operation cancelled by user"), "{err}");
}

#[cfg(unix)]
#[test]
fn watching_tests_again_when_a_file_changes_and_survives_a_broken_project() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let project = project();
    let mut command = project.command(&["test", "--watch"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut remarks = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |what: &str| remarks.by_ref().find(|line| line.contains(what)).unwrap();
    until("Waiting for changes");
    project.file("mxcp-site.yml", "mxcp: 1\nproject: [\n").unwrap();
    until("changed: mxcp-site.yml");
    until("Error: ");
    until("Waiting for changes");
    project.file("mxcp-site.yml", "mxcp: 1\nproject: tested\nprofile: default\n").unwrap();
    project.file("tools/bad.yml", BAD).unwrap();
    until("changed: ");
    until("Waiting for changes");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    drop(remarks);
    let ended = child.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(ended.status.code(), Some(1), "{out}");
    assert_eq!(out.matches("Test Execution Summary").count(), 2, "{out}");
    assert!(out.contains("tool/bad"), "{out}");
}
