//! What the command line says, where, and with which exit code.

use mxcp_test_support::project::Project;
use serde_json::json;

fn project() -> Project {
    Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap()
}

#[test]
fn usage_errors_name_everything_that_is_missing_in_json_too() {
    let ran = project().run(&["run", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let document = ran.json().unwrap();
    assert_eq!(document["error"], "the following required arguments were not provided: <KIND> <NAME>");
}

#[cfg(unix)]
#[test]
fn one_terminal_shows_both_streams_in_order() {
    use std::process::Stdio;
    let project = project();
    let path = project.path().join("both.txt");
    let file = std::fs::File::create(&path).unwrap();
    let mut command = project.command(&["query", "SELEC 1"]);
    command.stdout(Stdio::from(file.try_clone().unwrap())).stderr(Stdio::from(file));
    assert_eq!(command.status().unwrap().code(), Some(1));
    let both = std::fs::read_to_string(path).unwrap();
    let place = |text: &str| both.find(text).unwrap_or_else(|| panic!("{text} in {both}"));
    assert!(place("Running query") < place("Error: Failed to execute SQL"), "{both}");
}

#[test]
fn a_call_without_a_source_says_what_is_missing() {
    let project = project();
    let tool = |name: &str, source: &str| {
        let text = format!("tool: {{name: {name}, language: python, source: {{{source}}}}}\n");
        project.file(&format!("tools/{name}.yml"), &text).unwrap();
    };
    tool("gone", "file: ../python/gone.py");
    tool("inline", "code: return 1");
    let error = |name: &str| {
        let ran = project.run(&["run", "tool", name, "--json-output"]).unwrap();
        assert_eq!(ran.code, Some(1), "{ran:?}");
        ran.json().unwrap()["error"].as_str().unwrap().to_owned()
    };
    let gone = error("gone");
    assert!(gone.starts_with("Python file not found: /") && gone.ends_with("/python/gone.py"), "{gone}");
    assert_eq!(error("inline"), "Python endpoints must specify source.file");
    assert_eq!(error("unknown"), "Endpoint 'unknown' not found in tools");
}

#[test]
fn a_query_gives_dates_the_text_that_endpoints_give_them() {
    let project = project();
    project
        .file("tools/day.yml", "tool: {name: day, source: {code: \"SELECT DATE '2024-02-29' AS day\"}}")
        .unwrap();
    let run = project.run(&["run", "tool", "day", "--json-output"]).unwrap().result().unwrap();
    let query = ["query", "SELECT DATE '2024-02-29' AS day", "--json-output"];
    assert_eq!(project.run(&query).unwrap().result().unwrap(), run);
    assert_eq!(run, json!([{ "day": "2024-02-29T00:00:00" }]));
}

#[test]
fn a_query_file_may_be_utf_16() {
    let project = project();
    let units = "\u{feff}SELECT 'é' AS letter".encode_utf16();
    let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    std::fs::write(project.path().join("wide.sql"), bytes).unwrap();
    let ran = project.run(&["query", "--file", "wide.sql", "--json-output"]).unwrap();
    assert!(ran.stdout.is_ascii(), "{ran:?}");
    assert_eq!(ran.result().unwrap(), json!([{ "letter": "é" }]));
    std::fs::write(project.path().join("latin.sql"), b"SELECT '\xe9'").unwrap();
    let ran = project.run(&["query", "--file", "latin.sql"]).unwrap();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("latin.sql: file is neither UTF-8 nor UTF-16"), "{ran:?}");
}

#[test]
fn init_names_the_folder_that_can_not_be_made() {
    let outside = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    outside.file("file", "").unwrap();
    let ran = outside.run(&["init", "file/below"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("file/below can't be made: "), "{ran:?}");
}

#[test]
fn init_shows_a_command_that_can_be_copied() {
    let outside = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let ran = outside.run(&["init", "my shop"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("  cd 'my shop'\n"), "{ran:?}");
}

#[test]
fn a_misspelt_key_of_the_user_file_is_named_with_its_place() {
    let project = project();
    project
        .file(
            "config.yml",
            "projects:\n  tested:\n    profiles:\n      default:\n        atuh: {provider: github}\n",
        )
        .unwrap();
    let ran = project.command(&["list"]).env("MXCP_CONFIG", "config.yml").output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("config.yml:5:9"), "{said}");
    assert!(
        said.contains(
            "Invalid user config: projects.tested.profiles.default.atuh: Extra inputs are not permitted"
        ),
        "{said}"
    );
}
