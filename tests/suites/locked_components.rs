//! Components in the lock of a project.

use std::fs;

use mxcp_test_support::project::Project;
use mxcp_test_support::registry::{Registry, digest};
use serde_json::json;

const SITE: &str = "mxcp: 1\nproject: tested\nprofile: default\n\
                    sql_functions: [{file: components/sql.wasm, export: f}]\n";
const TOOL: &str =
    "tool: {name: t, return: {type: integer}, source: {file: ../components/tool.wasm, export: f}}\n";

/// A component that differs from others by its name.
fn component(name: u8) -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0\0\x03\x01x".as_slice(), &[name]].concat()
}

/// A project that names two components.
fn project() -> Project {
    let mut project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.set_all([("NO_PROXY", "127.0.0.1"), ("no_proxy", "127.0.0.1")]);
    project.file("mxcp-site.yml", SITE).unwrap().file("tools/t.yml", TOOL).unwrap();
    fs::create_dir(project.path().join("components")).unwrap();
    for (file, name) in [("tool", b'a'), ("sql", b'b'), ("unused", b'c')] {
        write(&project, file, name);
    }
    project
}

fn write(project: &Project, file: &str, name: u8) {
    fs::write(project.path().join(format!("components/{file}.wasm")), component(name)).unwrap();
}

fn lock(project: &Project) -> String {
    let ran = project.run(&["lock"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    fs::read_to_string(project.path().join("mxcp.lock")).unwrap()
}

#[test]
fn components_are_pinned_where_a_tool_or_sql_calls_them() {
    let project = project();
    let text = lock(&project);
    for (file, name) in [("tool", b'a'), ("sql", b'b')] {
        let line = format!("  components/{file}.wasm: {}\n", digest(&component(name)));
        assert!(text.contains(&line), "{text}");
    }
    assert!(!text.contains("unused"), "{text}");
}

#[test]
fn another_component_is_drift() {
    let project = project();
    lock(&project);
    for (file, name) in [("tool", b'a'), ("sql", b'b')] {
        write(&project, file, b'z');
        let ran = project.run(&["lock", "--check", "--json-output"]).unwrap();
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let changes = json!([{ "path": format!("components/{file}.wasm"), "change": "changed" }]);
        assert_eq!(ran.json().unwrap()["result"]["changes"], changes);
        let served = project.run(&["serve", "--transport", "stdio", "--locked", "--ignore-errors"]).unwrap();
        assert_eq!(served.code, Some(1), "{served:?}");
        assert!(served.stderr.contains(&format!("changed components/{file}.wasm")), "{served:?}");
        write(&project, file, name);
    }
    fs::remove_file(project.path().join("components/sql.wasm")).unwrap();
    let ran = project.run(&["lock", "--check"]).unwrap();
    assert!(ran.code == Some(1) && ran.stderr.contains("`components/sql.wasm` can't be read"), "{ran:?}");
}

#[test]
fn where_a_component_was_pulled_from_is_known_until_it_is_another() {
    let (project, registry) = (project(), Registry::start().unwrap());
    let reference = format!("{}/acme/tool:1.0.0", registry.host());
    let run = |words: &[&str]| {
        let ran = project.run(words).unwrap();
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran
    };
    let pushed = run(&["component", "push", "components/unused.wasm", &reference, "--plain-http"]).stdout;
    let (_, manifest) = pushed.trim().split_once('@').unwrap();
    lock(&project);
    run(&["component", "pull", &reference, "--plain-http", "-o", "components/tool.wasm"]);
    let new = digest(&component(b'c'));
    let text = fs::read_to_string(project.path().join("mxcp.lock")).unwrap();
    assert!(text.contains(&format!("  components/tool.wasm: {new}\n")), "{text}");
    assert!(text.contains(&format!("reference: \"{reference}@{manifest}\"\n    digest: {new}\n")), "{text}");
    run(&["lock", "--check"]);
    assert_eq!(lock(&project), text);
    write(&project, "tool", b'z');
    assert!(!lock(&project).contains("origins"));
}
