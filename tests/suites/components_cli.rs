//! `mxcp component import` and `inspect`, and what `mxcp validate` says of components. The components have types and no
//! meaning: nothing here calls them.

use std::fs;

use mxcp_test_support::guest;
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

/// A component that uses every type, imports of every kind, and functions that can't be called.
const EVERY: &str = "
    package acme:every@1.2.3;
    interface all {
        record place { x-y: tuple<f64, f64>, note: option<char>, tags: list<string> }
        variant which { everything, by-id(u64), by-place(place) }
        enum colour { red, dark-green }
        flags rights { read, do-write }
        resource row;
        open: func(name: string) -> row;
        numbers: func(a: s8, b: u8, c: s16, d: u16, e: s32, f: u32, g: s64, h: u64, i: f32, j: f64) -> list<u32>;
        texts: func(a: bool, b: char, c: string, d: list<u8>, e: colour, f: rights) -> tuple<string, u8>;
        shapes: func(the-place: place, w: which, o: option<which>, l: list<place>, t: tuple<u8, option<string>>)
            -> result<list<which>, string>;
        results: func(r: result<u8, string>, o: option<option<u8>>) -> option<place>;
        nothing: func() -> result<_, colour>;
        show: func(c: colour, r: rights) -> list<u8>;
    }
    interface net { ask: func(host: string) -> string; }
    world tools { import net; export all; export ping: func(); }";

const SHOUT: &str = "
    package acme:text@1.0.0;
    interface shouting { shout: func(text: string, times: u8) -> string; }
    world tools { export shouting; }";

fn project(wit: &str) -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    fs::create_dir_all(project.path().join("components")).unwrap();
    fs::write(project.path().join("components/c.wasm"), guest::encode(wit).unwrap()).unwrap();
    project
}

/// The findings of `mxcp validate`, and whether it calls the project valid.
fn validated(project: &Project) -> (bool, Vec<Json>) {
    let ran = project.run(&["validate", "--json-output"]).unwrap();
    let document = ran.json().unwrap();
    let result = &document["result"];
    let entries = result["validated"].as_array().unwrap().clone();
    let findings = entries.iter().flat_map(|it| it["diagnostics"].as_array().unwrap().clone()).collect();
    (ran.code == Some(0) && result["status"] == "ok", findings)
}

#[test]
fn what_import_writes_is_valid_as_it_is() {
    let project = project(EVERY);
    let ran = project.run(&["component", "import", "components/c.wasm", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let result = ran.result().unwrap();
    let tools: Vec<&str> =
        result["definitions"].as_array().unwrap().iter().map(|it| it["tool"].as_str().unwrap()).collect();
    assert_eq!(tools, ["nothing", "numbers", "results", "shapes", "show", "texts", "ping"]);
    assert_eq!(
        result["unusable"],
        json!([{"export": "acme:every/all@1.2.3.open", "reason": "result: a resource has no value"}])
    );
    let (valid, findings) = validated(&project);
    assert!(valid && findings.is_empty(), "{findings:?}");
    let listed = project.run(&["list", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(listed["endpoints"].as_array().unwrap().len(), 7);
}

#[test]
fn import_says_what_the_component_says() {
    let project = project(SHOUT);
    let ran = project.run(&["component", "import", "components/c.wasm"]).unwrap();
    assert_eq!(ran.stdout, "  ✓ tools/shout.yml (acme:text/shouting@1.0.0.shout)\n", "{}", ran.stderr);
    let text = fs::read_to_string(project.path().join("tools/shout.yml")).unwrap();
    assert_eq!(
        text,
        "\
mxcp: 1
tool:
  name: shout
  # description: what it does, for the model that calls
  language: component
  source:
    file: \"../components/c.wasm\"
    export: \"acme:text/shouting@1.0.0.shout\"
  parameters:
    - name: text
      type: string
    - name: times
      type: integer
      minimum: 0
      maximum: 255
  return:
    type: string
"
    );
}

#[test]
fn import_overwrites_only_when_it_is_told_to() {
    let project = project(EVERY);
    project.file("tools/ping.yml", "mine").unwrap();
    let ran = project.run(&["component", "import", "components/c.wasm"]).unwrap();
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("tools/ping.yml exists already: nothing is written without --force"),
        "{}",
        ran.stderr
    );
    assert!(!project.path().join("tools/numbers.yml").exists());
    assert_eq!(fs::read_to_string(project.path().join("tools/ping.yml")).unwrap(), "mine");
    let ran =
        project.run(&["component", "import", "components/c.wasm", "--export", "ping", "--force"]).unwrap();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(fs::read_to_string(project.path().join("tools/ping.yml")).unwrap().contains("export: ping"));
    assert!(!project.path().join("tools/numbers.yml").exists());
}

#[test]
fn a_dry_run_writes_nothing_and_another_folder_needs_no_project() {
    let project = project(SHOUT);
    let arguments =
        ["component", "import", "components/c.wasm", "--tools-dir", "elsewhere/deep", "--dry-run"];
    let ran = project.run(&arguments).unwrap();
    assert!(ran.stdout.starts_with("# elsewhere/deep/shout.yml\nmxcp: 1\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("file: \"../../components/c.wasm\""), "{}", ran.stdout);
    assert!(!project.path().join("elsewhere").exists());
}

#[test]
fn import_refuses_what_it_can_not_import() {
    let project = project(EVERY);
    let refused = |arguments: &[&str], reason: &str| {
        let ran = project.run(&[&["component", "import"], arguments].concat()).unwrap();
        assert_eq!(ran.code, Some(1), "{arguments:?}");
        assert!(ran.stderr.contains(reason), "{arguments:?}: {}", ran.stderr);
    };
    refused(
        &["components/c.wasm", "--export", "pong"],
        "component has no export `pong`; it exports acme:every/all",
    );
    refused(
        &["components/c.wasm", "--export", "acme:every/all.open"],
        "can't be called: result: a resource has no value",
    );
    refused(&["components/none.wasm"], "component can't be read: components/none.wasm");
    fs::write(project.path().join("module.wasm"), b"\0asm\x01\0\0\0").unwrap();
    refused(&["module.wasm"], "it is a core module, not a component");
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("c.wasm");
    fs::write(&path, guest::encode(SHOUT).unwrap()).unwrap();
    refused(&[path.to_str().unwrap()], "component lies outside of the project's folder");
    assert!(!project.path().join("tools").join("ping.yml").exists());
}

#[test]
fn inspect_shows_exports_and_what_imports_would_need() {
    let project = project(
        "package mxcp:tool@0.1.0;
         interface host { log: func(text: string); }
         interface extra { resource r; take: func(it: borrow<r>); }
         world w { import host; export extra; export ask: func(name: string) -> option<u32>; }",
    );
    let ran = project.run(&["component", "inspect", "components/c.wasm"]).unwrap();
    let lines: Vec<&str> = ran.stdout.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "",
            "Exports:",
            "  ask: func(name: string) -> option<u32>",
            "",
            "Exports that can't be called:",
            "  mxcp:tool/extra@0.1.0.take: parameter `it`: a resource has no value",
            "",
            "Imports:",
            "  mxcp:tool/host@0.1.0: queries need `permissions: {sql: read}`, secrets `permissions: {secrets: […]}`",
        ]
    );
    let result = project.run(&["component", "inspect", "components/c.wasm", "--json-output"]).unwrap();
    let result = result.result().unwrap();
    assert_eq!(result["digest"].as_str().unwrap().len(), 64);
    assert_eq!(
        result["imports"][0],
        json!({
            "import": "mxcp:tool/host@0.1.0",
            "permissions": ["sql: read", "secrets: [name]"],
            "note": "queries need `permissions: {sql: read}`, secrets `permissions: {secrets: […]}`",
        })
    );
}

#[test]
fn validate_tells_every_mismatch_at_its_place() {
    let project = project(SHOUT);
    project
        .file(
            "tools/shout.yml",
            "mxcp: 1\ntool:\n  name: shout\n  source: {file: ../components/c.wasm, export: acme:text/shouting.shout}\n  \
             parameters:\n    - {name: text, type: boolean}\n    - {name: times, type: integer}\n  return: {type: integer}\n",
        )
        .unwrap();
    let (valid, findings) = validated(&project);
    assert!(!valid);
    let told: Vec<String> = findings
        .iter()
        .map(|it| {
            let word = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}: {}; {}", word("code"), word("path"), word("message"), word("help"))
        })
        .collect();
    assert_eq!(
        told,
        [
            "component-type tool.parameters.0: the component has `string`, not boolean; \
             the component has `string` here: write `type: string`",
            "component-type tool.parameters.1: integers that `u8` can't hold are let through; \
             the component has `u8` here: write `type: integer, minimum: 0, maximum: 255`",
            "component-type tool.return: the component has `string`, not integer; \
             the component has `string` here: write `type: string`",
        ]
    );
}

#[test]
fn files_that_are_no_components_are_told_of_as_such() {
    let project = project(SHOUT);
    fs::write(project.path().join("components/c.wasm"), b"\0asm\x01\0\0\0").unwrap();
    project
        .file("tools/t.yml", "mxcp: 1\ntool: {name: t, source: {file: ../components/c.wasm, export: f}}\n")
        .unwrap();
    let (valid, findings) = validated(&project);
    assert!(!valid);
    let message = findings[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with(
            "component can't be read: 'components/c.wasm': it is a core module, not a component"
        ),
        "{message}"
    );
}
