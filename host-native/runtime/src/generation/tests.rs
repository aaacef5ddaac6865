use mxcp_core::load::{self, Content, DefinitionFile};

use super::*;

const A: &str = "tool: {name: a, source: {code: SELECT 1 AS n}}";

fn registry(files: &[(&str, Kind, &str)]) -> Registry {
    let file = |(path, kind, text): &(&str, Kind, &str)| DefinitionFile {
        path: (*path).to_owned(),
        kind: *kind,
        content: Content::Bytes(format!("mxcp: 1\n{text}\n").into_bytes()),
    };
    let loaded = load::parse(files.iter().map(file).collect()).load(&BTreeMap::new());
    assert_eq!(loaded.registry.endpoints().count(), files.len(), "{:?}", loaded.files);
    loaded.registry
}

fn tool(text: &str) -> Registry {
    registry(&[("tools/a.yml", Kind::Tool, text)])
}

fn resource(text: &str) -> Registry {
    registry(&[("resources/r.yml", Kind::Resource, text)])
}

#[test]
fn the_same_definitions_again_change_nothing() {
    let first = Generation::new(tool(A));
    let second = first.followed_by(tool(A));
    assert!(!second.differs_since(first.number()));
}

#[test]
fn an_endpoint_is_the_same_if_all_its_files_say_the_same() {
    let generation = Generation::new(tool(A));
    let has_all = |registry: &Registry| registry.endpoints().all(|endpoint| generation.has_same(endpoint));
    assert!(has_all(&tool(A)));
    assert!(!has_all(&tool(&A.replace("1 AS n", "2 AS n"))));
    assert!(!has_all(&tool(&A.replace("name: a", "name: b"))));
    assert!(!has_all(&registry(&[("tools/b.yml", Kind::Tool, A)])));
}

#[test]
fn another_source_changes_no_list() {
    let first = Generation::new(tool(A));
    let second = first.followed_by(tool(&A.replace("1 AS n", "2 AS n")));
    assert!(!second.list_changed_since(Kind::Tool, first.number()));
}

#[test]
fn a_tool_that_comes_goes_or_says_something_else_changes_its_list_only() {
    let described = A.replace("{name: a,", "{name: a, description: 'the answer',");
    let returning = A.replace("{name: a,", "{name: a, return: {type: integer},");
    for (before, after) in [
        (tool(A), Registry::default()),
        (Registry::default(), tool(A)),
        (tool(A), tool(&described)),
        (tool(A), tool(&returning)),
    ] {
        let first = Generation::new(before);
        let second = first.followed_by(after);
        assert!(second.list_changed_since(Kind::Tool, first.number()));
        assert!(!second.list_changed_since(Kind::Resource, first.number()));
        assert!(!second.list_changed_since(Kind::Prompt, first.number()));
    }
}

#[test]
fn a_resource_with_another_source_reads_otherwise_and_is_listed_as_before() {
    let written = "resource: {uri: 'x://r', source: {code: SELECT 1 AS n}}";
    let first = Generation::new(resource(written));
    let second = first.followed_by(resource(&written.replace("1 AS n", "2 AS n")));
    assert!(second.resource_changed_since("x://r", first.number()));
    assert!(!second.resource_changed_since("x://other", first.number()));
    assert!(!second.list_changed_since(Kind::Resource, first.number()));
    assert!(second.differs_since(first.number()));
}

#[test]
fn who_missed_a_generation_misses_no_change() {
    let written = "resource: {uri: 'x://r', source: {code: SELECT 1 AS n}}";
    let first = Generation::new(resource(written));
    let second = first.followed_by(Registry::default());
    let third = second.followed_by(Registry::default());
    assert!(third.list_changed_since(Kind::Resource, first.number()));
    assert!(third.resource_changed_since("x://r", first.number()));
    assert!(!third.differs_since(second.number()));
}
