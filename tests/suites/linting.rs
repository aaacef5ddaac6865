//! `mxcp lint`: what it finds, in which order, for whom, and with which exit code.

use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const BARE: &str = "\
resource:
  uri: orders://{day}
  parameters:
    - name: day
      type: object
      properties:
        first: {type: array, items: {type: array, items: {type: string}}}
  return:
    type: array
    items:
      type: object
      properties:
        id: {type: string}
  source: {code: SELECT $day AS day}
  tests:
    - {name: any, arguments: []}
";

fn project() -> Project {
    Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap()
}

fn lint(project: &Project, arguments: &[&str]) -> Vec<Json> {
    let arguments = [&["lint", "--json-output"], arguments].concat();
    project.run(&arguments).unwrap().result().unwrap().as_array().unwrap().clone()
}

fn codes(findings: &[Json]) -> Vec<&str> {
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn findings_come_in_the_order_of_the_rules_each_with_its_location() {
    let project = project();
    project.file("resources/orders.yml", BARE).unwrap();
    let findings = lint(&project, &[]);
    let rows: Vec<_> = findings
        .iter()
        .map(|it| {
            let words = ["severity", "location", "message"].map(|key| it[key].as_str().unwrap());
            words.join(" | ")
        })
        .collect();
    let expected = [
        "warning | resource.description | Resource is missing a description",
        "info | resource.tags | Resource has no tags",
        "info | resource.tests[0].description | Test 'any' is missing a description",
        "error | resource.parameters[0].description | Parameter 'day' is missing a description",
        "info | resource.parameters[0].examples | Parameter 'day' has no examples",
        "info | resource.parameters[0].default | Parameter 'day' has no default value",
        "warning | resource.parameters[0].properties.first.items | Type 'array' is missing a description",
        "warning | resource.parameters[0].properties.first.items.items | Type 'string' is missing a description",
        "warning | resource.parameters[0].properties.first | Property 'first' is missing a description",
        "warning | resource.return.description | Return type is missing a description",
        "warning | resource.return.items | Type 'object' is missing a description",
        "warning | resource.return.items.properties.id | Property 'id' is missing a description",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_finding_has_its_code_and_place_and_a_path_from_the_root() {
    let project = project();
    project.file("resources/orders.yml", BARE).unwrap();
    let findings = lint(&project, &["--severity", "error"]);
    let expected = json!([{
        "severity": "error",
        "code": "missing-parameter-description",
        "path": "resources/orders.yml",
        "line": 4,
        "column": 7,
        "location": "resource.parameters[0].description",
        "message": "Parameter 'day' is missing a description",
        "suggestion": "Add `description`: what the value means, with its unit and form",
    }]);
    assert_eq!(Json::Array(findings), expected);
}

#[test]
fn a_severity_is_a_threshold() {
    let project = project();
    project.file("resources/orders.yml", BARE).unwrap();
    let count = |level: &str| lint(&project, &["--severity", level]).len();
    assert_eq!([count("error"), count("warning"), count("info"), count("all")], [1, 8, 12, 12]);
    let ran = project.run(&["lint", "--severity", "none"]).unwrap();
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn the_exit_code_is_for_ci_only_if_asked() {
    let project = project();
    project.file("tools/a.yml", "tool: {name: a, source: {code: SELECT 1 AS one}}").unwrap();
    let code = |arguments: &[&str]| project.run(&[&["lint"], arguments].concat()).unwrap().code;
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--fail-on", "error"]), Some(0), "a missing description is a warning");
    assert_eq!(code(&["--fail-on", "warning"]), Some(1));
    assert_eq!(code(&["--fail-on", "warning", "--severity", "error"]), Some(1), "shown or not");
}

#[test]
fn broken_files_are_named_and_counted_beside_the_result() {
    let project = project();
    project.file("tools/a.yml", "tool: {nme: a}").unwrap();
    project.file("tools/b.yml", "tool: {name: b, source: {code: SELECT 1 AS one}}").unwrap();
    project
        .file("tools/off.yml", "tool: {name: off_duty, enabled: false, source: {code: SELECT 1}}")
        .unwrap();
    let ran = project.run(&["lint", "--json-output"]).unwrap();
    assert!(
        ran.stderr.starts_with("1 file can't be loaded and had to be left out:\n  ✗ tools/a.yml: "),
        "{ran:?}"
    );
    let findings = ran.result().unwrap();
    assert!(findings.as_array().unwrap().iter().all(|it| it["path"] == "tools/b.yml"), "{findings}");
    assert_eq!(ran.code, Some(0), "nobody asked");
    assert_eq!(project.run(&["lint", "--fail-on", "error"]).unwrap().code, Some(1));
}

#[test]
fn no_database_is_opened() {
    let project = project();
    project.file("tools/a.yml", "tool: {name: a, source: {code: SELECT 1 AS one}}").unwrap();
    let before = std::fs::read_dir(project.path()).unwrap().count();
    project.run(&["lint"]).unwrap();
    assert_eq!(std::fs::read_dir(project.path()).unwrap().count(), before);
}

#[test]
fn clients_are_checked_if_asked_for_in_one_order_and_once() {
    let project = project();
    project
        .file("tools/a.yml", "tool: {name: a.b, description: All, source: {code: SELECT 1 AS one}}")
        .unwrap();
    let of_clients = |arguments: &[&str]| {
        let mut findings = lint(&project, arguments);
        findings.retain(|it| it["code"].as_str().unwrap().starts_with("client-"));
        findings
    };
    assert_eq!(of_clients(&[]), Vec::<Json>::new());
    let findings = of_clients(&["--client", "claude,openai", "--client", "openai", "--client", "gemini"]);
    assert_eq!(codes(&findings), ["client-openai-tool-name", "client-claude-tool-name"]);
    let ran = project.run(&["lint", "--client", "nobody"]).unwrap();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("gemini, openai, claude, bedrock"), "{ran:?}");
}

#[test]
fn people_see_each_finding_once_the_gravest_first() {
    let project = project();
    project.file("resources/orders.yml", BARE).unwrap();
    let text = project.run(&["lint"]).unwrap().stdout;
    let head = "Lint Results\nChecked 1 endpoint files\n• 1 files with suggestions\n• 1 errors\n• 7 warnings\n\
                • 4 suggestions\n\nresources/orders.yml\n  error[missing-parameter-description] 4:7: ";
    assert!(text.starts_with(head), "{text}");
    assert_eq!(text.matches("Resource has no tags").count(), 1, "{text}");
    assert_eq!(project.run(&["lint", "--severity", "error"]).unwrap().stdout.matches("warning[").count(), 0);
}

#[test]
fn people_are_told_when_there_is_nothing_to_say() {
    let project = project();
    assert_eq!(project.run(&["lint"]).unwrap().stdout, "No endpoints were linted\n");
    project
        .file(
            "prompts/a.yml",
            "prompt: {name: a, description: Asks, tags: [b], messages: [{prompt: Which?}]}",
        )
        .unwrap();
    assert_eq!(project.run(&["lint"]).unwrap().stdout, "All endpoints have excellent metadata.\n");
    project.file("prompts/a.yml", "prompt: {name: a, tags: [b], messages: [{prompt: Which?}]}").unwrap();
    let told = project.run(&["lint", "--severity", "error"]).unwrap().stdout;
    assert_eq!(told, "No findings of severity error or above; 1 finding is below it.\n");
}
