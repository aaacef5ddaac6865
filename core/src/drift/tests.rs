use serde_json::json;

use super::*;
use crate::source::SourceFile;

const ORDERS: &str = "\
tool:
  name: orders
  parameters:
    - {name: most, type: integer, minimum: 0, default: null}
  return: {type: object, properties: {default: {type: string}}}
  source: {code: SELECT 1}
  policies: {input: [{condition: 'false', action: deny}]}
  tests: [{name: one, description: first, arguments: [], result: null}]
metadata: {owner: null}
";

fn definition(text: &str) -> Definition {
    Definition::of(&SourceFile::new("tools/a.yml", text)).unwrap_or_else(|| panic!("{text}"))
}

fn snapshot(text: &str) -> Snapshot {
    Snapshot {
        version: VERSION,
        generated_at: "2025-01-31T10:20:30.123456+00:00".to_owned(),
        tables: vec![table("a", &[("id", "INTEGER"), ("day", "DATE")])],
        resources: vec![Resource {
            validation_results: Validation {
                status: ValidationStatus::Ok,
                path: "tools/a.yml".to_owned(),
                message: None,
            },
            test_results: Some(results(Verdict::Passed)),
            definition: Some(definition(text)),
            metadata: definition(text).metadata().cloned(),
            source_file: Some("sql/a.sql".to_owned()),
            policies_digest: None,
        }],
        files: Some(files(&[("sql/a.sql", "1"), ("python/m.py", "1")])),
    }
}

fn table(name: &str, columns: &[(&str, &str)]) -> Table {
    let column = |(name, kind): &(&str, &str)| Column { name: (*name).to_owned(), kind: (*kind).to_owned() };
    Table { name: name.to_owned(), columns: columns.iter().map(column).collect() }
}

fn results(status: Verdict) -> TestResults {
    let tests =
        vec![TestResult { name: "one".to_owned(), description: None, status, error: None, time: 0.25 }];
    TestResults {
        status: if status == Verdict::Passed { TestsStatus::Ok } else { TestsStatus::Failed },
        tests_run: 1,
        tests: Some(tests),
        message: None,
        no_tests: None,
    }
}

fn files(entries: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    entries.iter().map(|(path, digest)| ((*path).to_owned(), (*digest).to_owned())).collect()
}

fn drift(before: &Snapshot, now: &Snapshot) -> serde_json::Value {
    serde_json::to_value(before.compare(now, "drift/x.json", "now")).unwrap()
}

fn read_back(snapshot: &Snapshot) -> Snapshot {
    Snapshot::parse("drift/x.json", &serde_json::to_string(snapshot).unwrap()).unwrap()
}

fn problem(text: &str) -> String {
    match Snapshot::parse("drift/x.json", text).unwrap_err() {
        Unusable::Invalid(findings) => {
            findings.iter().map(|finding| finding.summary()).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

#[test]
fn a_definition_has_the_defaults_of_the_format_and_none_of_its_absences() {
    let expected = json!({
        "mxcp": 1,
        "tool": {
            "name": "orders",
            "parameters": [{ "name": "most", "type": "integer", "default": null, "minimum": 0.0, "sensitive": false }],
            "return_": { "type": "object", "sensitive": false, "properties": { "default": { "type": "string", "sensitive": false } } },
            "source": { "code": "SELECT 1" },
            "tests": [{ "name": "one", "description": "first", "arguments": [], "result": null }],
            "policies": { "input": [{ "condition": "false", "action": "deny" }] },
            "enabled": true,
            "language": "sql",
        },
        "metadata": { "owner": null },
    });
    let definition = definition(ORDERS);
    assert_eq!(serde_json::to_value(&definition).unwrap(), expected);
    assert_eq!(definition.endpoint().as_deref(), Some("tool/orders"));
    assert_eq!(definition.tests().collect::<Vec<_>>(), [("one", Some("first"))]);
    let policies = r#"{"input": [{"action": "deny", "condition": "false"}]}"#;
    assert_eq!(definition.policies().as_deref(), Some(policies));
}

#[test]
fn a_file_that_defines_nothing_or_two_things_has_no_definition() {
    for text in [
        "",
        "tool: {name: a}",
        "- a",
        "{",
        "tool: {name: a, source: {code: a}}\nprompt: {name: a, messages: []}",
    ] {
        assert!(Definition::of(&SourceFile::new("a.yml", text)).is_none(), "{text}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    for text in [ORDERS, &ORDERS.replace("arguments: []", "arguments: [{key: most, value: null}]")] {
        let snapshot = snapshot(text);
        assert_eq!(read_back(&snapshot), snapshot);
        assert_eq!(drift(&read_back(&snapshot), &snapshot)["has_drift"], json!(false));
    }
}

#[test]
fn both_keys_of_a_return_type_and_all_forms_of_numbers_and_texts_are_read() {
    let with = |key: &str, number: &str| {
        let text = format!(
            r#"{{"version": 1, "generated_at": "x", "tables": [], "resources": [{{"validation_results": {{"status": "ok", "path": "a"}},
            "definition": {{"mxcp": 1, "tool": {{"name": "a", "description": "\ud83e\udd86", "source": {{"code": "x"}},
            "{key}": {{"type": "number", "minimum": {number}}}}}}}}}]}}"#
        );
        Snapshot::parse("x.json", &text).unwrap()
    };
    let one = with("return_", "16");
    assert!(serde_json::to_string(&one).unwrap().contains("🦆"));
    assert!(!one.compare(&with("return", "1.6e1"), "x", "now").has_drift);
    assert!(one.compare(&with("return", "16.5"), "x", "now").has_drift);
}

#[test]
fn what_is_no_snapshot_is_refused_and_named() {
    assert!(problem("[").starts_with("EOF while parsing"), "{}", problem("["));
    assert_eq!(problem(r#"{"version": 2}"#), "Unsupported snapshot version: 2");
    assert_eq!(problem(r#"{"version": "1"}"#), "Unsupported snapshot version: \"1\"");
    let missing =
        ["version", "generated_at", "tables", "resources"].map(|key| format!("{key}: Field required"));
    assert_eq!(problem("{}"), missing.join("; "));
    assert!(problem("[]").contains("valid dictionary"));
    let text =
        r#"{"version": 1, "generated_at": "x", "tables": [{"name": 1}], "resources": [{"a": 1}], "z": 1}"#;
    assert_eq!(
        problem(text),
        "tables.0.name: Input should be a valid string; tables.0.columns: Field required; \
         resources.0.a: Extra inputs are not permitted; resources.0.validation_results: Field required; \
         z: Extra inputs are not permitted"
    );
    let text = r#"{"version": 1, "generated_at": "x", "tables": [], "resources": [{"validation_results": {"status": "ok", "path": "a"},
        "definition": {"tool": {"name": "a", "source": {"code": "x"}, "zz": 1}}}]}"#;
    assert_eq!(problem(text), "resources.0.definition.tool.zz: Extra inputs are not permitted");
}

#[test]
fn times_do_not_count_for_the_fingerprint_and_everything_else_does() {
    let one = snapshot(ORDERS);
    let mut other = one.clone();
    other.generated_at = "later".to_owned();
    if let Some(results) = other.resources[0].test_results.as_mut() {
        results.tests.as_mut().unwrap()[0].time = 9.0;
    }
    assert_eq!(one.fingerprint(), other.fingerprint());
    assert!(
        one.fingerprint().is_ascii()
            && one.fingerprint().starts_with("{\"files\": {\"python/m.py\": \"1\", ")
    );
    other.files = Some(files(&[("sql/a.sql", "2")]));
    assert_ne!(one.fingerprint(), other.fingerprint());
}

#[test]
fn tables_and_columns_are_compared_by_name_and_the_order_of_columns_does_not_count() {
    let before = snapshot(ORDERS);
    let mut now = before.clone();
    now.tables = vec![table("a", &[("day", "DATE"), ("id", "INTEGER")])];
    assert_eq!(drift(&before, &now)["has_drift"], json!(false));
    now.tables = vec![table("a", &[("id", "BIGINT"), ("new", "VARCHAR")]), table("b", &[("x", "BLOB")])];
    let report = drift(&before, &now);
    assert_eq!(
        report["table_changes"],
        json!([
            { "name": "b", "change_type": "added", "columns_added": [{ "name": "x", "type": "BLOB" }] },
            {
                "name": "a", "change_type": "modified",
                "columns_added": [{ "name": "new", "type": "VARCHAR" }],
                "columns_removed": [{ "name": "day", "type": "DATE" }],
                "columns_modified": [{ "name": "id", "old_type": "INTEGER", "new_type": "BIGINT" }],
            },
        ])
    );
    assert_eq!(report["summary"]["tables_added"], 1);
    now.tables = Vec::new();
    let change = &drift(&before, &now)["table_changes"][0];
    assert_eq!(
        (&change["change_type"], change["columns_removed"].as_array().unwrap().len()),
        (&json!("removed"), 2)
    );
}

#[test]
fn two_tables_of_one_name_are_told_apart_by_their_order() {
    let mut before = snapshot(ORDERS);
    before.tables = vec![table("a", &[("x", "DATE")]), table("a", &[("y", "DATE")])];
    let mut now = before.clone();
    assert_eq!(drift(&before, &now)["has_drift"], json!(false));
    now.tables.pop();
    assert_eq!(drift(&before, &now)["summary"]["tables_removed"], 1);
}

#[test]
fn a_renamed_file_is_one_added_and_one_removed() {
    let before = snapshot(ORDERS);
    let mut now = before.clone();
    now.resources[0].validation_results.path = "tools/b.yml".to_owned();
    assert_eq!(
        drift(&before, &now)["resource_changes"],
        json!([
            { "path": "tools/b.yml", "endpoint": "tool/orders", "change_type": "added", "details": { "added_resource": true } },
            { "path": "tools/a.yml", "endpoint": "tool/orders", "change_type": "removed", "details": { "removed_resource": true } },
        ])
    );
}

#[test]
fn what_is_only_written_in_another_way_is_no_drift() {
    let other = "\
# a comment
metadata: {owner: }
mxcp: 1
tool:
  enabled: true
  language: sql
  source: {code: SELECT 1}
  name: orders
  parameters: [{type: integer, name: most, default: null, sensitive: false, minimum: 0.0}]
  return: {type: object, properties: {default: {type: string}}}
  policies: {input: [{action: deny, condition: 'false'}]}
  tests: [{name: one, description: first, arguments: [], result: null}]
";
    assert_eq!(drift(&snapshot(ORDERS), &snapshot(other))["resource_changes"], json!([]));
}

#[test]
fn what_a_definition_says_counts_and_is_told_by_its_path() {
    for (from, to, path, policies) in [
        ("minimum: 0", "minimum: 1", "tool.parameters.0.minimum", false),
        (", default: null", "", "tool.parameters.0.default", false),
        ("action: deny", "action: ask", "tool.policies.input.0.action", true),
        ("owner: null", "owner: ada", "metadata.owner", false),
        ("name: most", "name: least", "tool.parameters.0.name", false),
    ] {
        let report = drift(&snapshot(ORDERS), &snapshot(&ORDERS.replace(from, to)));
        let change = &report["resource_changes"][0];
        assert_eq!(change["definition_changes"], json!([path]), "{report}");
        assert_eq!(
            (&change["policies_changed"], change.get("details")),
            (&json!(policies), None),
            "{report}"
        );
        assert_eq!(change["validation_changed"], json!(false));
    }
}

#[test]
fn the_order_of_lists_counts() {
    let two = |names: &str| format!("tool: {{name: a, tags: {names}, source: {{code: x}}}}");
    let report = drift(&snapshot(&two("[a, b]")), &snapshot(&two("[b, a]")));
    assert_eq!(report["resource_changes"][0]["definition_changes"], json!(["tool.tags.0", "tool.tags.1"]));
}

#[test]
fn verdicts_of_tests_count_and_their_times_and_words_do_not() {
    let before = snapshot(ORDERS);
    let mut now = before.clone();
    let results_of =
        |snapshot: &mut Snapshot, verdict| snapshot.resources[0].test_results = Some(results(verdict));
    now.resources[0].test_results.as_mut().unwrap().tests.as_mut().unwrap()[0].error = Some("x".to_owned());
    assert_eq!(drift(&before, &now)["has_drift"], json!(false));
    results_of(&mut now, Verdict::Failed);
    let change = drift(&before, &now)["resource_changes"][0].clone();
    assert_eq!(change["details"], json!({ "test_changes": { "old_status": "ok", "new_status": "failed" } }));
    now.resources[0].test_results = None;
    let change = drift(&before, &now)["resource_changes"][0].clone();
    assert_eq!(change["details"], json!({ "test_changes": { "old_status": "ok", "new_status": null } }));
}

#[test]
fn messages_count_against_the_reference_implementation_whatever_their_place_and_advice() {
    let drifts = |theirs: &str, ours: &str, exact: bool| {
        let (mut before, mut now) = (snapshot(ORDERS), snapshot(ORDERS));
        before.resources[0].validation_results.message = Some(theirs.to_owned());
        now.resources[0].validation_results.message = Some(ours.to_owned());
        before.files = before.files.filter(|_| exact);
        drift(&before, &now)["has_drift"] == json!(true)
    };
    for (theirs, ours) in [
        ("Catalog Error: x\nLINE 1: PREPARE", "Catalog Error: x\nLINE 1: SELECT"),
        ("Duplicate found in: b, a", "Duplicate found in: a, b"),
        ("missing={'y', 'x'}, extra={'z'}", "missing={'x', 'y'}, extra={'z'}"),
        ("['zz'] is not used. Make a 'tool:'.", "resource.uri: ['zz'] is not used"),
        ("tool.source: Field required", "tool.source: Field required\ntool.name: Field required"),
    ] {
        assert!(!drifts(theirs, ours, false) && drifts(theirs, ours, true), "{theirs} {ours}");
    }
    for (theirs, ours) in [
        ("tool.source: Field required", "tool.name: Field required"),
        ("['zz'] is not used", "resource.uri: ['z'] is not used"),
        ("one", "two"),
    ] {
        assert!(drifts(theirs, ours, false), "{theirs} {ours}");
    }
}

#[test]
fn nulls_that_the_reference_implementation_loses_are_no_drift_against_it() {
    let mut before = snapshot(&ORDERS.replace(", default: null", "").replace(", result: null", ""));
    before.resources[0].source_file = None;
    before.files = None;
    assert_eq!(drift(&before, &snapshot(ORDERS))["has_drift"], json!(false));
}

#[test]
fn a_source_that_changed_is_drift_of_its_endpoint_and_another_file_is_drift_of_its_own() {
    let before = snapshot(ORDERS);
    let mut now = before.clone();
    now.files = Some(files(&[("sql/a.sql", "2"), ("python/new.py", "1")]));
    let report = drift(&before, &now);
    let change = &report["resource_changes"][0];
    assert_eq!((&change["source_changed"], &change["definition_changed"]), (&json!(true), &json!(false)));
    assert_eq!(
        report["file_changes"],
        json!([{ "path": "python/new.py", "change_type": "added" }, { "path": "python/m.py", "change_type": "removed" }])
    );
    assert_eq!(report["summary"]["files_changed"], 2);
    now.files = before.files.clone();
    let report = drift(&before, &now);
    assert!(
        report.get("file_changes").is_none() && report["summary"].get("files_changed").is_none(),
        "{report}"
    );
}
