//! The projects of `examples/`: valid to the last warning, clean to the linter, with tests that pass, and with the same
//! outcome of every test's call on the command line, over pipes and over HTTP, for a caller whom nobody knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::schema::{EndpointFile, TestCase, TypeDef, TypeName};
use mxcp_core::source::SourceFile;
use mxcp_core::yaml::Document;
use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::{Project, Ran};
use mxcp_test_support::workspace_root;
use serde_json::{Map, Value as Json};

/// Variables that the examples refer to.
const VARIABLES: [(&str, &str); 6] = [
    ("PARTNERS_PORT", "8000"),
    ("PARTNERS_DATA", "data"),
    ("PARTNERS_ENVIRONMENT", "staging"),
    ("PARTNERS_STAGING_TOKEN", "not-a-token"),
    ("PARTNERS_PRODUCTION_TOKEN", "not-a-token"),
    ("PARTNERS_SIGNING_KEY", "not-a-key"),
];

fn examples() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(workspace_root().join("examples")).unwrap();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("mxcp-site.yml").exists());
    folders.sort();
    folders
}

fn copy(folder: &Path) -> Project {
    let mut project = Project::copy_of(folder, env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.set_all(VARIABLES);
    if folder.join("config.yml").exists() {
        project.set_all([("MXCP_CONFIG", "config.yml")]);
    }
    project
}

/// A call that a test of an example makes.
#[derive(Debug)]
pub(crate) struct Call {
    kind: &'static str,
    name: String,
    arguments: Map<String, Json>,
    /// Whether the result of a tool is served as an object of its own.
    is_object: bool,
}

/// How a call ended, as far as every surface can tell.
#[derive(Debug, PartialEq)]
enum Outcome {
    Value(Json),
    Texts(Vec<String>),
    Failed,
}

/// The calls of all tests of a project.
pub(crate) fn calls(folder: &Path) -> Vec<Call> {
    let mut calls = Vec::new();
    for kind in ["tools", "resources", "prompts"] {
        for path in files(&folder.join(kind)) {
            let text = std::fs::read_to_string(&path).unwrap();
            let source = SourceFile::new(path.display().to_string(), text);
            let document = Document::parse(&source, &mut Diagnostics::new()).unwrap();
            let file: EndpointFile = document.deserialize().unwrap();
            calls.extend(calls_of(file));
        }
    }
    calls
}

/// The files in a folder and those below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn calls_of(file: EndpointFile) -> Vec<Call> {
    let (kind, name, tests, is_object) = if let Some(tool) = file.tool {
        let is_object = tool.returns.is_some_and(|ty| is_object(&ty));
        ("tool", tool.name, tool.tests, is_object)
    } else if let Some(resource) = file.resource {
        ("resource", resource.uri, resource.tests, false)
    } else {
        let prompt = file.prompt.unwrap();
        ("prompt", prompt.name, prompt.tests, false)
    };
    let call = |test: TestCase| Call { kind, name: name.clone(), arguments: arguments(&test), is_object };
    tests.into_iter().flatten().map(call).collect()
}

fn is_object(ty: &TypeDef) -> bool {
    match &ty.schema {
        Some(schema) => schema.get("type").is_some_and(|name| name == "object"),
        None => matches!(ty.kind, Some(TypeName::Object)),
    }
}

fn arguments(test: &TestCase) -> Map<String, Json> {
    test.arguments.iter().map(|argument| (argument.key.clone(), argument.value.clone())).collect()
}

fn on_the_command_line(project: &Project, call: &Call) -> Outcome {
    let mut words =
        vec!["run".to_owned(), call.kind.to_owned(), call.name.clone(), "--json-output".to_owned()];
    for (index, (name, value)) in call.arguments.iter().enumerate() {
        let file = format!("argument-{index}.json");
        project.file(&file, &value.to_string()).unwrap();
        words.extend(["--param".to_owned(), format!("{name}=@{file}")]);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran: Ran = project.run(&words).unwrap();
    match ran.code {
        Some(0) => {
            let result = ran.result().unwrap();
            if call.kind == "prompt" {
                let messages = result.as_array().unwrap().iter();
                // What a resource holds is read over MCP only.
                let texts = messages.filter(|message| message["type"] != "resource");
                return Outcome::Texts(
                    texts.map(|message| message["prompt"].as_str().unwrap().to_owned()).collect(),
                );
            }
            Outcome::Value(result)
        }
        _ => {
            assert!(!ran.error().unwrap().is_empty());
            Outcome::Failed
        }
    }
}

fn over_mcp(client: &mut dyn Client, call: &Call) -> Outcome {
    match call.kind {
        "tool" => {
            let response = client
                .request("tools/call", serde_json::json!({ "name": call.name, "arguments": call.arguments }))
                .unwrap();
            let result = &response["result"];
            if response["error"].is_object() || result["isError"] == true {
                return Outcome::Failed;
            }
            match result.get("structuredContent") {
                Some(content) if call.is_object => Outcome::Value(content.clone()),
                Some(content) => Outcome::Value(content["result"].clone()),
                None => Outcome::Texts(Vec::new()),
            }
        }
        "resource" => {
            let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let uri = call.arguments.iter().fold(call.name.clone(), |uri, (name, value)| {
                uri.replace(&format!("{{{name}}}"), &text(value))
            });
            let response = client.request("resources/read", serde_json::json!({ "uri": uri })).unwrap();
            let contents = &response["result"]["contents"][0];
            let Some(text) = contents["text"].as_str() else { return Outcome::Failed };
            Outcome::Value(match contents["mimeType"].as_str() {
                Some("application/json") => serde_json::from_str(text).unwrap(),
                _ => Json::String(text.to_owned()),
            })
        }
        _ => {
            let texts = call.arguments.iter().map(|(name, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (name.clone(), Json::String(text))
            });
            let arguments: Map<String, Json> = texts.collect();
            let params = serde_json::json!({ "name": call.name, "arguments": arguments });
            let response = client.request("prompts/get", params).unwrap();
            let Some(messages) = response["result"]["messages"].as_array() else { return Outcome::Failed };
            let texts = messages.iter().filter_map(|message| message["content"]["text"].as_str());
            Outcome::Texts(texts.map(str::to_owned).collect())
        }
    }
}

#[test]
fn every_example_is_valid_and_clean() {
    for folder in examples() {
        let project = copy(&folder);
        let validated = project.run(&["validate", "--strict"]).unwrap();
        assert_eq!(validated.code, Some(0), "{}: {validated:?}", folder.display());
        let linted =
            project.run(&["lint", "--severity", "warning", "--json-output"]).unwrap().result().unwrap();
        assert_eq!(linted, serde_json::json!([]), "{}", folder.display());
    }
}

#[test]
fn the_tests_of_every_example_pass() {
    let mut kinds = BTreeSet::new();
    for folder in examples() {
        let project = copy(&folder);
        let ran = project.run(&["test", "--json-output"]).unwrap();
        let report = ran.json().unwrap();
        assert_eq!(report["result"]["status"], "ok", "{}: {report}", folder.display());
        for endpoint in report["result"]["endpoints"].as_array().unwrap() {
            assert_eq!(endpoint["test_results"]["no_tests"], false, "{endpoint}");
            kinds.insert(endpoint["endpoint"].as_str().unwrap().split('/').next().unwrap().to_owned());
        }
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["prompt", "resource", "tool"]);
}

#[test]
fn every_surface_gives_strangers_the_same() {
    for folder in examples() {
        every_surface_gives_the_same(&copy(&folder), &calls(&folder));
    }
}

/// Makes calls on the command line, over pipes and over HTTP, and compares.
pub(crate) fn every_surface_gives_the_same(project: &Project, calls: &[Call]) {
    assert!(!calls.is_empty(), "{}", project.path().display());
    let expected: Vec<Outcome> = calls.iter().map(|call| on_the_command_line(project, call)).collect();
    let compare = |client: &mut dyn Client, surface: &str| {
        for (call, expected) in calls.iter().zip(&expected) {
            let got = over_mcp(client, call);
            // What has no structured content is content of other kinds, which a command line has no form for.
            if got != Outcome::Texts(Vec::new()) {
                assert_eq!(&got, expected, "{surface}: {call:?}");
            }
        }
    };
    let mut pipes = Pipes::start(project, &[]).unwrap();
    compare(&mut pipes, "stdio");
    pipes.close().unwrap();
    compare(&mut Http::start(project, &[], false).unwrap(), "HTTP with sessions");
    compare(&mut Http::start(project, &[], true).unwrap(), "HTTP of 2026-07-28");
}

#[test]
fn each_profile_has_its_database_and_its_secret() {
    let project = copy(&workspace_root().join("examples/profiles"));
    let expected = [
        ("development", "db-development", "http://localhost:9999"),
        ("staging", "staging", "https://staging.partners.example.org"),
        ("production", "production", "https://api.partners.example.org"),
    ];
    for (profile, database, address) in expected {
        let run = |tool| {
            let ran = project.run(&["run", "tool", tool, "--profile", profile, "--json-output"]).unwrap();
            assert!(
                !ran.stdout.contains("not-a-token") && !ran.stdout.contains("development-only"),
                "{ran:?}"
            );
            ran.result().unwrap()
        };
        assert_eq!(run("environment")["database"], database);
        assert_eq!(run("environment")["readonly"], profile == "production");
        assert_eq!(run("partner_endpoint")["addresses"], serde_json::json!([address]));
    }
}
