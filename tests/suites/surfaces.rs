//! The calls of `tests/projects/*/calls.yml` through the command line, over pipes, and over HTTP in both eras:
//! the same result everywhere.

use std::path::Path;

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::source::SourceFile;
use mxcp_core::yaml::Document;
use mxcp_test_support::client::{Client, Http, Pipes, Sse};
use mxcp_test_support::project::Project;
use mxcp_test_support::workspace_root;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// A call, and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    tool: String,
    #[serde(default)]
    arguments: serde_json::Map<String, Json>,
    result: Option<Json>,
    /// Text the error must contain; a leading JSON pointer is MCP's only.
    error: Option<String>,
    /// Whether the tool declares no `return`, so that there is no structured content.
    #[serde(default)]
    untyped: bool,
}

fn calls(folder: &Path) -> Vec<Call> {
    let text = std::fs::read_to_string(folder.join("calls.yml")).unwrap();
    let mut findings = Diagnostics::new();
    let document = Document::parse(&SourceFile::new("calls.yml", text), &mut findings).unwrap();
    document.deserialize().unwrap()
}

/// Numbers by value: YAML's `1.50` and JSON's `1.50` are the same digits only by chance.
fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => {
            one.to_string() == other.to_string() || one.as_f64() == other.as_f64()
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|it| same(value, it)))
        }
        _ => one == other,
    }
}

fn projects() -> Vec<std::path::PathBuf> {
    let folders = std::fs::read_dir(workspace_root().join("tests/projects")).unwrap();
    folders.map(|entry| entry.unwrap().path()).filter(|path| path.join("calls.yml").exists()).collect()
}

fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_mxcp")
}

#[test]
fn the_command_line_gives_every_result() {
    for folder in projects() {
        let project = Project::copy_of(&folder, binary()).unwrap();
        for (index, call) in calls(&folder).into_iter().enumerate() {
            let mut arguments =
                vec!["run".to_owned(), "tool".to_owned(), call.tool.clone(), "--json-output".to_owned()];
            for (name, value) in &call.arguments {
                let file = format!("argument-{index}-{name}.json");
                project.file(&file, &value.to_string()).unwrap();
                arguments.extend(["--param".to_owned(), format!("{name}=@{file}")]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ran = project.run(&arguments).unwrap();
            match (&call.result, &call.error) {
                (Some(expected), _) => {
                    let result = ran.result().unwrap();
                    assert!(same(&result, expected), "{}: {result} is not {expected}", call.tool);
                }
                (None, error) => {
                    let expected = error.as_deref().unwrap();
                    let expected = expected.split_once(": ").map_or(expected, |(_, sentence)| sentence);
                    let error = ran.error().unwrap();
                    assert!(error.contains(expected), "{}: {error:?} lacks {expected:?}", call.tool);
                }
            }
        }
    }
}

fn through(client: &mut dyn Client, folder: &Path) {
    for call in calls(folder) {
        let result = client.call_tool(&call.tool, &Json::Object(call.arguments)).unwrap();
        if let Some(expected) = &call.error {
            assert_eq!(result["isError"], true, "{result}");
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(text.contains(expected.as_str()), "{}: {text:?} lacks {expected:?}", call.tool);
            continue;
        }
        let expected = call.result.unwrap();
        assert_ne!(result["isError"], true, "{result}");
        if call.untyped {
            let texts =
                result["content"].as_array().unwrap().iter().map(|block| block["text"].as_str().unwrap());
            let rows: Vec<Json> = texts.map(|text| serde_json::from_str(text).unwrap()).collect();
            assert!(same(&json!(rows), &expected), "{}: {rows:?}", call.tool);
            assert!(result.get("structuredContent").is_none(), "{result}");
        } else {
            let structured = &result["structuredContent"];
            let got = if expected.is_object() { structured } else { &structured["result"] };
            assert!(same(got, &expected), "{}: {structured} is not {expected}", call.tool);
        }
    }
}

#[test]
fn pipes_give_every_result() {
    for folder in projects() {
        let project = Project::copy_of(&folder, binary()).unwrap();
        let mut client = Pipes::start(&project, &[]).unwrap();
        through(&mut client, &folder);
        let (rest, code) = client.close().unwrap();
        assert_eq!((rest.as_str(), code), ("", Some(0)));
    }
}

#[test]
fn http_gives_every_result_in_both_eras() {
    for folder in projects() {
        let project = Project::copy_of(&folder, binary()).unwrap();
        for (arguments, modern) in [(&[] as &[&str], false), (&[], true), (&["--stateless"], true)] {
            let mut client = Http::start(&project, arguments, modern).unwrap();
            through(&mut client, &folder);
        }
    }
}

#[test]
fn the_old_transport_gives_every_result() {
    for folder in projects() {
        let project = Project::copy_of(&folder, binary()).unwrap();
        through(&mut Sse::start(&project, &[]).unwrap(), &folder);
    }
}

#[test]
fn the_built_in_sql_tools_give_values_as_tools_do() {
    let project = Project::copy_of(&workspace_root().join("tests/projects/values"), binary()).unwrap();
    let mut client = Pipes::start(&project, &["--sql-tools", "true"]).unwrap();
    let sql =
        json!({ "sql": "SELECT DATE '2024-02-29' AS day, [1, NULL] AS list, 1.50::DECIMAL(4, 2) AS price" });
    let result = client.call_tool("execute_sql_query", &sql).unwrap();
    let expected = json!([{ "day": "2024-02-29T00:00:00", "list": [1, null], "price": 1.5 }]);
    assert!(same(&result["structuredContent"]["result"], &expected), "{result}");
}
