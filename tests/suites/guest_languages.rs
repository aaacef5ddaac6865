//! The example components, one in each language, through every door: valid, with tests that pass, and with the same outcome
//! of every call on the command line, over pipes and over HTTP. A language whose component was not built, because what
//! builds it can't be had, is left out with a line that says so; `cargo xtask components --check` fails in that case.

use std::fs;
use std::path::{Path, PathBuf};

use mxcp_test_support::client::Client as _;
use mxcp_test_support::client::Http;
use mxcp_test_support::composed;
use mxcp_test_support::project::Project;
use mxcp_test_support::workspace_root;
use serde_json::json;

use crate::examples::{calls, every_surface_gives_the_same};

/// Where `cargo xtask components` puts what it builds: beside the folder of the binary.
fn built(file: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_BIN_EXE_mxcp")).ancestors().nth(2).unwrap();
    let path = target.join("components").join(file);
    if path.exists() {
        return Some(path);
    }
    #[expect(clippy::print_stderr, reason = "what was not tested has to be seen")]
    {
        eprintln!("skipped: {file} was not built; run `cargo xtask components`");
    }
    None
}

/// The project with the tools of one language only; none if its component was not built.
fn project(language: &str, file: &str) -> Option<Project> {
    let component = built(file)?;
    let mut project =
        Project::copy_of(&workspace_root().join("components/project"), env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for entry in fs::read_dir(project.path().join("tools")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != language {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    let folder = project.path().join("components");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(&component, folder.join(file)).unwrap();
    // Machine code of an earlier run serves this one: that of Python and JavaScript takes long to make.
    project.set_all([("XDG_CACHE_HOME", component.with_file_name("cache").to_str().unwrap())]);
    Some(project)
}

fn check(language: &str, file: &str, tools: &[&str]) {
    let Some(project) = project(language, file) else { return };
    let validated = project.run(&["validate", "--strict"]).unwrap();
    assert_eq!(validated.code, Some(0), "{validated:?}");
    let linted = project.run(&["lint", "--severity", "warning", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(linted, json!([]));

    let report = project.run(&["test", "--json-output"]).unwrap().json().unwrap();
    assert_eq!(report["result"]["status"], "ok", "{report}");
    let mut tested: Vec<&str> = report["result"]["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["endpoint"].as_str().unwrap())
        .collect();
    tested.sort_unstable();
    assert_eq!(tested, tools);

    every_surface_gives_the_same(&project, &calls(project.path()));
}

#[test]
fn rust_tools_are_served() {
    check("rust", "text.wasm", &["tool/find_documents", "tool/keywords", "tool/readability"]);
}

#[test]
fn python_tools_are_served() {
    check("python", "loan.wasm", &["tool/due_dates", "tool/repayment_plan"]);
}

#[test]
fn javascript_tools_are_served() {
    check("javascript", "patch.wasm", &["tool/json_apply", "tool/json_diff", "tool/json_merge"]);
}

#[test]
fn c_tools_are_served() {
    check("c", "identifiers.wasm", &["tool/check_number", "tool/checksums", "tool/kinds_of_number"]);
}

#[test]
fn a_search_without_permission_gets_no_data() {
    let Some(project) = project("rust", "text.wasm") else { return };
    let path = "tools/rust/find_documents.yml";
    let text = fs::read_to_string(project.path().join(path)).unwrap();
    project.file(path, &text.replace("  permissions: {sql: read}\n", "")).unwrap();
    let ran = project
        .run(&["run", "tool", "find_documents", "--param", "question=heat pump", "--json-output"])
        .unwrap();
    let error = ran.error().unwrap();
    assert!(error.contains("unavailable: ") && error.contains("sql"), "{error}");
}

#[test]
fn composed_components_are_accepted_as_they_are() {
    let Some(identifiers) = built("identifiers.wasm") else { return };
    let wit = fs::read_to_string(workspace_root().join("components/c/wit/identifiers.wit")).unwrap();
    let orders = composed::orders(&fs::read(identifiers).unwrap(), &wit).unwrap();
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    fs::write(project.path().join("orders.wasm"), orders).unwrap();
    project
        .file(
            "tools/is_card.yml",
            "mxcp: 1\ntool:\n  name: is_card\n  language: component\n  source: {file: ../orders.wasm, export: \
             'acme:orders/payment@1.0.0.is-card'}\n  parameters: [{name: number, type: string}]\n  return: {type: boolean}\n",
        )
        .unwrap();
    assert_eq!(project.run(&["validate"]).unwrap().code, Some(0));
    let mut server = Http::start(&project, &[], true).unwrap();
    for (number, is_card) in [("4111 1111 1111 1111", true), ("4111 1111 1111 1112", false)] {
        let result = server.call_tool("is_card", &json!({ "number": number })).unwrap();
        assert_eq!(result["structuredContent"], json!({ "result": is_card }), "{number}");
    }
}
