use std::collections::BTreeMap;

use super::*;
use crate::definition::Kind;
use crate::load::{self, Content, DefinitionFile};

/// Lints a definition of a tool: `code location` of each finding.
fn lint_tool(definition: &str, clients: &[Client]) -> Vec<String> {
    let content = Content::Bytes(definition.as_bytes().to_vec());
    let file = DefinitionFile { path: "tools/a.yml".to_owned(), kind: Kind::Tool, content };
    let loaded = load::parse(vec![file]).load(&BTreeMap::new());
    assert!(loaded.files.iter().all(|file| !file.findings.has_errors()), "{:?}", loaded.files);
    let findings = lint(&loaded.registry, clients);
    findings.iter().map(|finding| format!("{} {}", finding.code, finding.location)).collect()
}

/// The same of one code only.
fn lint_for(code: &str, definition: &str) -> Vec<String> {
    let mut findings = lint_tool(definition, &Client::ALL);
    findings.retain(|finding| finding.split(' ').next() == Some(code));
    findings
}

#[test]
fn codes_are_unique_in_kebab_case_and_name_their_client() {
    for code in codes() {
        assert!(code.chars().all(|char| char.is_ascii_lowercase() || char == '-'), "{code}");
    }
    for client in Client::ALL {
        assert_eq!(Client::from_word(client.as_str()), Some(client));
        let prefix = format!("client-{}-", client.as_str());
        assert!(client.codes().all(|code| code.starts_with(&prefix)), "{prefix}");
    }
}

#[test]
fn empty_texts_are_missing_and_a_null_default_is_not() {
    let definition = "tool: {name: a, description: '', source: {code: SELECT $p}, \
        parameters: [{name: p, type: string, description: '', default: null}]}";
    assert_eq!(lint_for("missing-description", definition).len(), 1);
    assert_eq!(lint_for("missing-parameter-description", definition).len(), 1);
    assert_eq!(lint_for("missing-parameter-default", definition), Vec::<String>::new());
}

#[test]
fn annotations_without_hints_are_missing() {
    let with = |annotations: &str| {
        lint_for(
            "missing-annotations",
            &format!("tool: {{name: a, source: {{code: SELECT 1}}{annotations}}}"),
        )
    };
    assert_eq!(with("").len(), 1);
    assert_eq!(with(", annotations: {}").len(), 1);
    assert_eq!(with(", annotations: {openWorldHint: false}"), Vec::<String>::new());
}

#[test]
fn examples_are_compared_as_arguments_and_as_results() {
    let definition = "
tool:
  name: a
  parameters:
    - {name: n, type: integer, examples: [1, '2', two]}
    - {name: o, type: object, properties: {d: {type: string, format: date, examples: [soon]}}}
  return: {type: object, properties: {n: {type: integer, examples: ['2']}}}
  source: {code: 'SELECT $n AS n, $o AS o'}
";
    let expected = [
        "example-mismatch tool.parameters[0].examples[2]",
        "example-mismatch tool.parameters[1].properties.d.examples[0]",
        "example-mismatch tool.return.properties.n.examples[0]",
    ];
    assert_eq!(lint_for("example-mismatch", definition), expected);
}

#[test]
fn sensitive_examples_are_not_repeated() {
    let definition = "tool: {name: a, source: {code: SELECT $p}, parameters: [{name: p, type: integer, \
        sensitive: true, examples: [hunter]}]}";
    let content = Content::Bytes(definition.as_bytes().to_vec());
    let file = DefinitionFile { path: "tools/a.yml".to_owned(), kind: Kind::Tool, content };
    let findings = lint(&load::parse(vec![file]).load(&BTreeMap::new()).registry, &[]);
    let mismatch = findings.iter().find(|finding| finding.code == "example-mismatch").unwrap();
    assert!(!mismatch.message.contains("hunter"), "{}", mismatch.message);
}

#[test]
fn tests_of_prompts_are_not_asked_for() {
    let content = Content::Bytes(b"prompt: {name: a, messages: [{prompt: x}]}".to_vec());
    let file = DefinitionFile { path: "prompts/a.yml".to_owned(), kind: Kind::Prompt, content };
    let findings = lint(&load::parse(vec![file]).load(&BTreeMap::new()).registry, &Client::ALL);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["missing-description", "missing-tags"]);
}

#[test]
fn names_of_tools_may_have_what_mcp_allows() {
    let named = |name: &str| {
        lint_for("tool-name", &format!("tool: {{name: '{name}', source: {{code: SELECT 1}}}}")).len()
    };
    assert_eq!(named("a.b-c_D9"), 0);
    assert_eq!(named(&"a".repeat(128)), 0);
    assert_eq!(named(&"a".repeat(129)), 1);
    assert_eq!(named("größe"), 1);
    assert_eq!(named("a b"), 1);
}

#[test]
fn places_are_found_if_the_file_has_them() {
    let place = Place::root("tool").key("parameters").index(0).key("description");
    assert_eq!(place.to_string(), "tool.parameters[0].description");
    let span = |text: &str| {
        let file = SourceFile::new("tools/a.yml", text);
        Places { file: &file, document: OnceCell::new() }.span(&place)
    };
    assert_eq!(span("tool: {parameters: [{name: p}]}").text(), "{name: p}", "its owner, if it is missing");
    assert_eq!(span("tool: [").range(), 0..0);
}
