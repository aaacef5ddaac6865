//! Tools that are functions of WebAssembly components, through every door.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use mxcp_test_support::{test_guest, workspace_root};
use serde_json::{Value as Json, json};

static GUEST: LazyLock<PathBuf> = LazyLock::new(|| test_guest::build().unwrap());

/// The project of the suites, whose code is compiled once for all tests.
pub(crate) fn project() -> Project {
    let folder = workspace_root().join("tests/projects/components");
    let mut project = Project::copy_of(&folder, env!("CARGO_BIN_EXE_mxcp")).unwrap();
    fs::create_dir_all(project.path().join("components")).unwrap();
    fs::copy(&*GUEST, project.path().join("components/guest.wasm")).unwrap();
    let cache = GUEST.with_file_name("component-cache");
    let cache = cache.display().to_string();
    project.set_all([("MXCP_CONFIG", "config.yml"), ("XDG_CACHE_HOME", cache.as_str())]);
    project
}

/// The text of a result; the message of an error.
pub(crate) fn text(result: &Json) -> String {
    result["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

/// What a tool gives.
pub(crate) fn value(client: &mut dyn Client, name: &str, arguments: Json) -> Json {
    let result = client.call_tool(name, &arguments).unwrap();
    assert_ne!(result["isError"], true, "{name} {arguments}: {result}");
    let blocks = result["content"].as_array().unwrap().iter();
    let mut values: Vec<Json> = blocks
        .map(|block| block["text"].as_str().unwrap())
        .map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)))
        .collect();
    // A list has a block for each item.
    if values.len() == 1 { values.remove(0) } else { Json::Array(values) }
}

/// What a tool that fails says.
pub(crate) fn failure(client: &mut dyn Client, name: &str, arguments: Json) -> String {
    let result = client.call_tool(name, &arguments).unwrap();
    assert_eq!(result["isError"], true, "{name} {arguments}: {result}");
    text(&result)
}

/// Calls with what they give.
fn calls() -> Vec<(&'static str, Json, Json)> {
    vec![
        ("add", json!({ "a": 2, "b": 3 }), json!(5)),
        ("add", json!({ "a": 9_007_199_254_740_993_i64, "b": 0 }), json!(9_007_199_254_740_993_i64)),
        ("double_it", json!({ "value": -4 }), json!(-8)),
        ("divide", json!({ "a": 7, "b": 2 }), json!(3)),
        ("count_words", json!({ "text": "a bcd ef" }), json!({ "words": 3, "longest": "bcd" })),
        ("count_words", json!({ "text": "" }), json!({ "words": 0, "longest": null })),
        ("sum_of_query", json!({ "up_to": 4 }), json!(10)),
        ("secret_length", json!({ "name": "depot" }), json!(12)),
        ("talk", json!({ "times": 3 }), json!(3)),
        ("counted", json!({ "a": 1, "b": 2 }), json!(3)),
        (
            "points",
            json!({ "value": [{ "x": 1 }, { "x": -2, "label_text": "b" }] }),
            json!([{ "x": 1, "label_text": null }, { "x": -2, "label_text": "b" }]),
        ),
        ("bytes", json!({ "value": "AAEC/w==" }), json!("AAEC/w==")),
        ("colors", json!({ "value": ["dark-green", "red"] }), json!(["dark-green", "red"])),
        ("huge", json!({ "bytes": 3 }), json!("xxx")),
    ]
}

#[test]
fn tools_give_the_same_through_every_door() {
    let project = project();
    let mut pipes = Pipes::start(&project, &[]).unwrap();
    for (name, arguments, expected) in calls() {
        assert_eq!(value(&mut pipes, name, arguments.clone()), expected, "{name} {arguments}");
    }
    drop(pipes);
    for modern in [false, true] {
        let mut server = Http::start(&project, &[], modern).unwrap();
        for (name, arguments, expected) in calls() {
            assert_eq!(value(&mut server, name, arguments.clone()), expected, "{name} {arguments}");
        }
    }
    let ran =
        project.run(&["run", "tool", "add", "--param", "a=2", "--param", "b=3", "--json-output"]).unwrap();
    assert_eq!(ran.json().unwrap()["result"], 5, "{ran:?}");
    let ran = project.run(&["test", "tool", "add", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn the_error_of_a_result_is_what_the_caller_reads() {
    let mut server = Pipes::start(&project(), &[]).unwrap();
    let said = failure(&mut server, "divide", json!({ "a": 1, "b": 0 }));
    assert!(said.contains("1 can't be divided by 0"), "{said}");
}

#[test]
fn each_call_has_an_instance_of_its_own_unless_the_definition_lets_it_remember() {
    let mut server = Pipes::start(&project(), &[]).unwrap();
    let fresh: Vec<Json> = (0..3).map(|_| value(&mut server, "remember", json!({}))).collect();
    assert_eq!(fresh, [1, 1, 1]);
    let kept: Vec<Json> = (0..3).map(|_| value(&mut server, "remember_long", json!({}))).collect();
    assert_eq!(kept, [1, 2, 3]);
}

#[test]
fn sql_calls_functions_of_components() {
    let mut server = Pipes::start(&project(), &[]).unwrap();
    assert_eq!(
        value(&mut server, "by_sql", json!({})),
        json!([
            { "half": 0.0, "twice": 0, "shout": "A0", "sum": 10 },
            { "half": 0.5, "twice": 2, "shout": "SILENCE", "sum": null },
            { "half": 1.0, "twice": 4, "shout": "A2", "sum": 12 },
        ])
    );
    let said = failure(&mut server, "by_failing_sql", json!({ "by": 0 }));
    assert!(said.contains("function `divide` failed: 1 can't be divided by 0"), "{said}");
    let said = failure(&mut server, "by_trapping_sql", json!({}));
    assert!(said.contains("function `trapping` failed: component trapped"), "{said}");
    assert_eq!(value(&mut server, "add", json!({ "a": 1, "b": 1 })), 2);
}

#[test]
fn a_function_of_sql_can_t_query_and_must_exist() {
    for (function, problem) in [
        ("{file: components/guest.wasm, export: nowhere}", "has no export `nowhere`"),
        ("{file: ../guest.wasm, export: double-it}", "can't be read"),
        ("{file: components/guest.wasm, export: double-it, permissions: {sql: read}}", "can't query"),
        ("{file: components/guest.wasm, export: \"test:guest/echo.points\"}", "SQL has no type"),
    ] {
        let project = project();
        let site = format!("mxcp: 1\nproject: components\nprofile: default\nsql_functions: [{function}]\n");
        project.file("mxcp-site.yml", &site).unwrap();
        let ran = project.run(&["run", "tool", "add", "--param", "a=1", "--param", "b=1"]).unwrap();
        assert_ne!(ran.code, Some(0), "{function}: {ran:?}");
        assert!(ran.stderr.contains(problem), "{function}: {ran:?}");
    }
}

#[test]
fn a_component_that_needs_what_no_host_has_is_named_before_anything_is_served() {
    let project = project();
    let bytes = mxcp_test_support::guest::encode(
        "package a:b; world w { import strange: interface { ask: func(); } export f: func(); }",
    );
    fs::write(project.path().join("components/strange.wasm"), bytes.unwrap()).unwrap();
    let tool = "mxcp: 1\ntool:\n  name: strange\n  source: {file: ../components/strange.wasm, export: f}\n";
    project.file("tools/strange.yml", tool).unwrap();
    let ran = project.run(&["serve", "--transport", "stdio"]).unwrap();
    assert_ne!(ran.code, Some(0), "{ran:?}");
    let said = ran.stderr + &ran.stdout;
    assert!(said.contains("imports what this host does not have: strange"), "{said}");
}

#[test]
fn a_reload_goes_over_to_another_component_and_keeps_the_old_one_where_the_new_is_broken() {
    let project = project();
    let mut server = Http::start(&project, &[], false).unwrap();
    assert_eq!(value(&mut server, "add", json!({ "a": 1, "b": 1 })), 2);
    fs::write(project.path().join("components/guest.wasm"), "no component").unwrap();
    let hang_up = |process: u32| {
        assert!(Command::new("kill").args(["-HUP", &process.to_string()]).status().unwrap().success());
    };
    hang_up(server.process());
    assert_eq!(value(&mut server, "add", json!({ "a": 1, "b": 2 })), 3);
    fs::copy(&*GUEST, project.path().join("components/guest.wasm")).unwrap();
    let changed = "mxcp: 1\ntool:\n  name: add\n  description: changed\n  parameters:\n\
                   \x20   - {name: a, type: integer, description: A}\n    - {name: b, type: integer, description: B}\n\
                   \x20 source: {file: ../components/guest.wasm, export: \"test:guest/work.divide\"}\n";
    project.file("tools/add.yml", changed).unwrap();
    hang_up(server.process());
    let patience = Instant::now() + Duration::from_secs(60);
    while value(&mut server, "add", json!({ "a": 6, "b": 2 })) != 3 {
        assert!(Instant::now() < patience, "the other function is never called");
    }
}
