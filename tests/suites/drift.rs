//! `mxcp drift-snapshot` and `mxcp drift-check`: what is taken down, and what counts as a difference.

use mxcp_test_support::project::{Project, Ran};
use mxcp_test_support::workspace_root;
use serde_json::{Value as Json, json};

const COUNT: &str = r#"tool:
  name: count
  parameters: [{name: least, type: integer, minimum: 0}]
  source: {file: ../sql/count.sql}
  tests: [{name: one, arguments: [{key: least, value: 1}], result_length: 1}]
"#;

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/count.yml", COUNT).unwrap();
    project.file("sql/count.sql", "SELECT count(*) AS n FROM orders WHERE id >= $least").unwrap();
    sql(
        &project,
        "CREATE TABLE orders (id INTEGER, day DATE); CREATE VIEW days AS SELECT DISTINCT day FROM orders; \
                   CREATE SCHEMA other; CREATE TABLE other.orders (secret VARCHAR); CREATE TABLE other.more (a INTEGER)",
    );
    project
}

fn sql(project: &Project, text: &str) {
    project.run(&["query", text, "--json-output"]).unwrap().result().unwrap();
}

fn snapshot(project: &Project) -> Json {
    project.run(&["drift-snapshot", "--force", "--json-output"]).unwrap().result().unwrap()
}

fn file(project: &Project) -> Json {
    let text = std::fs::read_to_string(project.path().join("drift/drift-default.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The report of a check that found drift.
fn drift(project: &Project) -> Json {
    let ran = project.run(&["drift-check", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let mut document = ran.json().unwrap();
    assert_eq!((&document["status"], &document["result"]["has_drift"]), (&json!("ok"), &json!(true)));
    document["result"].take()
}

fn no_drift(ran: &Ran) {
    assert_eq!(
        (ran.code, ran.json().unwrap()["result"]["has_drift"].clone()),
        (Some(0), json!(false)),
        "{ran:?}"
    );
}

#[test]
fn a_snapshot_has_tables_views_endpoints_results_and_digests() {
    let project = project();
    let result = snapshot(&project);
    assert!(result["path"].as_str().unwrap().ends_with("/drift/drift-default.json"), "{result}");
    assert_eq!(result["drift_hash"].as_str().unwrap().len(), 64, "{result}");
    let taken = file(&project);
    assert_eq!((&taken["version"], &taken["generated_at"]), (&json!(1), &result["generated_at"]));
    let day = json!({ "name": "day", "type": "DATE" });
    assert_eq!(
        taken["tables"],
        json!([
            { "name": "days", "columns": [day] },
            { "name": "orders", "columns": [{ "name": "id", "type": "INTEGER" }, day] },
        ])
    );
    let resource = &taken["resources"][0];
    assert_eq!(resource["validation_results"], json!({ "status": "ok", "path": "tools/count.yml" }));
    let results = &resource["test_results"];
    assert_eq!((&results["status"], &results["tests_run"]), (&json!("ok"), &json!(1)));
    assert_eq!(
        (&results["tests"][0]["name"], &results["tests"][0]["status"]),
        (&json!("one"), &json!("passed"))
    );
    assert_eq!(resource["definition"]["tool"]["parameters"][0]["minimum"], json!(0.0));
    assert_eq!(resource["source_file"], "sql/count.sql");
    assert!(taken["files"]["sql/count.sql"].as_str().unwrap().starts_with("sha256:"), "{taken}");
    assert_eq!(taken["files"].as_object().unwrap().len(), 1, "{taken}");
}

#[test]
fn the_hash_is_the_same_as_long_as_the_project_is() {
    let project = project();
    let first = snapshot(&project);
    let second = snapshot(&project);
    assert_eq!(first["drift_hash"], second["drift_hash"]);
    assert_ne!(first["generated_at"], second["generated_at"]);
    sql(&project, "ALTER TABLE orders ADD COLUMN total DOUBLE");
    assert_ne!(snapshot(&project)["drift_hash"], first["drift_hash"]);
}

#[test]
fn a_snapshot_that_exists_is_overwritten_only_on_demand() {
    let project = project();
    let before = snapshot(&project);
    let ran = project.run(&["drift-snapshot", "--json-output"]).unwrap();
    assert_eq!(
        ran.error().unwrap(),
        format!(
            "Drift snapshot already exists at {}. Use --force to overwrite.",
            before["path"].as_str().unwrap()
        )
    );
    let dry = project.run(&["drift-snapshot", "--dry-run", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(dry["drift_hash"], before["drift_hash"]);
    let shown = project.run(&["drift-snapshot", "--dry-run"]).unwrap();
    assert_eq!(serde_json::from_str::<Json>(&shown.stdout).unwrap()["tables"], file(&project)["tables"]);
    assert_eq!(file(&project)["generated_at"], before["generated_at"]);
}

#[test]
fn nothing_is_drift_until_something_changes() {
    let project = project();
    snapshot(&project);
    no_drift(&project.run(&["drift-check", "--json-output", "--readonly"]).unwrap());
    project.file("tools/count.yml", &format!("# why\nmxcp: 1\n{COUNT}  enabled: true\n")).unwrap();
    sql(&project, "INSERT INTO orders VALUES (1, NULL); ALTER TABLE other.orders ADD COLUMN more INTEGER");
    no_drift(&project.run(&["drift-check", "--json-output"]).unwrap());
    let ran = project.run(&["drift-check"]).unwrap();
    assert!(ran.code == Some(0) && ran.stdout.contains("No drift"), "{ran:?}");
}

#[test]
fn every_kind_of_change_is_told() {
    let project = project();
    project.file("python/helper.py", "def plain():\n    return 1\n").unwrap();
    snapshot(&project);
    sql(&project, "CREATE TABLE fresh (a BLOB); ALTER TABLE orders ALTER id TYPE BIGINT; DROP VIEW days");
    project.file("sql/count.sql", "SELECT count(*) AS n FROM orders WHERE id > $least").unwrap();
    project
        .file("tools/count.yml", &COUNT.replace("minimum: 0", "minimum: 1").replace("length: 1", "length: 2"))
        .unwrap();
    project.file("tools/new.yml", "tool: {name: new, source: {code: SELECT 1}}").unwrap();
    project.file("python/helper.py", "def plain():\n    return 2\n").unwrap();
    let report = drift(&project);
    assert_eq!(
        report["summary"],
        json!({
            "tables_added": 1, "tables_removed": 1, "tables_modified": 1,
            "resources_added": 1, "resources_removed": 0, "resources_modified": 1, "files_changed": 1,
        })
    );
    let names = |key: &str, name: &str| -> Vec<String> {
        let changes = report[key].as_array().unwrap().iter();
        changes
            .map(|change| {
                format!("{} {}", change["change_type"].as_str().unwrap(), change[name].as_str().unwrap())
            })
            .collect()
    };
    assert_eq!(names("table_changes", "name"), ["added fresh", "removed days", "modified orders"]);
    assert_eq!(
        report["table_changes"][2]["columns_modified"],
        json!([{ "name": "id", "old_type": "INTEGER", "new_type": "BIGINT" }])
    );
    assert_eq!(names("resource_changes", "path"), ["added tools/new.yml", "modified tools/count.yml"]);
    let change = &report["resource_changes"][1];
    for (key, value) in [
        ("endpoint", json!("tool/count")),
        ("validation_changed", json!(false)),
        ("test_results_changed", json!(true)),
        ("definition_changed", json!(true)),
        ("source_changed", json!(true)),
        ("definition_changes", json!(["tool.parameters.0.minimum", "tool.tests.0.result_length"])),
        ("details", json!({ "test_changes": { "old_status": "ok", "new_status": "failed" } })),
    ] {
        assert_eq!(change[key], value, "{change}");
    }
    assert_eq!(report["file_changes"], json!([{ "path": "python/helper.py", "change_type": "modified" }]));

    let ran = project.run(&["drift-check"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for part in [
        "• tables: 1 added, 1 removed, 1 modified",
        "• endpoints: 1 added, 0 removed, 1 modified",
        "  + fresh\n",
        "  - days\n",
        "      ~ id INTEGER → BIGINT",
        "  ~ tool/count (tools/count.yml)\n      tests: ok → failed",
        "      source file: changed",
        "  ~ python/helper.py",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    let detailed = project.run(&["drift-check", "--debug"]).unwrap().stdout;
    assert!(detailed.contains("  + fresh\n      + a BLOB"), "{detailed}");
}

#[test]
fn an_endpoint_that_breaks_and_one_that_is_gone_are_told() {
    let project = project();
    project.file("prompts/ask.yml", "prompt: {name: ask, messages: [{prompt: Why?}]}").unwrap();
    snapshot(&project);
    std::fs::remove_file(project.path().join("prompts/ask.yml")).unwrap();
    sql(&project, "DROP VIEW days; DROP TABLE orders");
    let report = drift(&project);
    let [gone, broken] = report["resource_changes"].as_array().unwrap().as_slice() else {
        panic!("{report}")
    };
    assert_eq!((&gone["endpoint"], &gone["change_type"]), (&json!("prompt/ask"), &json!("removed")));
    assert_eq!(
        broken["details"],
        json!({
            "validation_changes": { "old_status": "ok", "new_status": "error" },
            "test_changes": { "old_status": "ok", "new_status": "error" },
        })
    );
    project.file("tools/count.yml", "tool: {name: count}").unwrap();
    let report = drift(&project);
    let broken = &report["resource_changes"][1];
    assert_eq!(broken["details"]["test_changes"], json!({ "old_status": "ok", "new_status": null }));
    assert_eq!((broken.get("endpoint"), &broken["definition_changed"]), (None, &json!(true)));
}

#[test]
fn the_snapshot_of_the_reference_implementation_is_read_and_equal() {
    let folder = workspace_root().join("tests/projects/drift");
    let project = Project::copy_of(&folder, env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.run(&["query", "--file", "setup.sql", "--json-output"]).unwrap().result().unwrap();
    let check = ["drift-check", "--baseline", "reference.json", "--json-output"];
    let ran = project.run(&check).unwrap();
    no_drift(&ran);
    assert_eq!(ran.json().unwrap()["result"]["baseline_snapshot_path"], "reference.json");
    // Not even source files can have changed against a snapshot that knows none.
    project.file("sql/count.sql", "SELECT 1 + count(*) AS n FROM orders").unwrap();
    no_drift(&project.run(&check).unwrap());
    sql(&project, "ALTER TABLE orders DROP COLUMN m");
    let report = project.run(&check).unwrap().json().unwrap();
    assert_eq!(report["result"]["table_changes"][0]["columns_removed"][0]["name"], "m", "{report}");
}

#[test]
fn every_profile_has_its_snapshot_in_the_project_from_any_folder() {
    let project = project();
    project.file("deep/er/keep.txt", "").unwrap();
    let deep = project.path().join("deep/er");
    let run = |arguments: &[&str]| {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--profile", "other", "--json-output"]);
        Ran::from(project.command(&arguments).current_dir(&deep).output().unwrap())
    };
    let result = run(&["drift-snapshot"]).result().unwrap();
    assert!(result["path"].as_str().unwrap().ends_with("/drift/drift-other.json"), "{result}");
    no_drift(&run(&["drift-check"]));
    no_drift(&run(&["drift-check", "--baseline", "../../drift/drift-other.json"]));
    let site =
        "mxcp: 1\nproject: tested\nprofile: default\nprofiles: {other: {drift: {path: kept/here.json}}}\n";
    project.file("mxcp-site.yml", site).unwrap();
    run(&["drift-snapshot"]).result().unwrap();
    assert!(project.path().join("kept/here.json").exists());
}

#[test]
fn a_baseline_that_can_not_be_used_is_refused_with_the_reason() {
    let project = project();
    let error = |text: Option<&str>| {
        if let Some(text) = text {
            project.file("b.json", text).unwrap();
        }
        project.run(&["drift-check", "--baseline", "b.json", "--json-output"]).unwrap().error().unwrap()
    };
    let prefix = "Failed to load baseline snapshot: ";
    assert_eq!(error(None), format!("{prefix}Snapshot file not found: b.json"));
    assert!(error(Some("[")).starts_with(&format!("{prefix}EOF while parsing")));
    assert_eq!(error(Some(r#"{"version": 2}"#)), format!("{prefix}Unsupported snapshot version: 2"));
    let missing = error(Some("{}"));
    assert!(
        missing.starts_with(&format!("{prefix}Invalid drift snapshot: version: Field required\n")),
        "{missing}"
    );
    let unknown = r#"{"version": 1, "generated_at": "x", "tables": [], "resources": [], "extra": 1}"#;
    assert_eq!(
        error(Some(unknown)),
        format!("{prefix}Invalid drift snapshot: extra: Extra inputs are not permitted")
    );
    let ran = project.run(&["drift-check"]).unwrap();
    assert!(
        ran.code == Some(1) && ran.stdout.is_empty() && ran.stderr.contains("Snapshot file not found"),
        "{ran:?}"
    );
}

#[test]
fn tests_that_write_are_told_that_nothing_can_be_written() {
    let project = project();
    let text = "tool: {name: add, source: {code: 'INSERT INTO orders VALUES (1, NULL)'}, tests: [{name: one, arguments: []}]}";
    project.file("tools/add.yml", text).unwrap();
    snapshot(&project);
    let taken = file(&project);
    let error = taken["resources"][0]["test_results"]["tests"][0]["error"].as_str().unwrap();
    assert!(
        error.contains("read-only mode")
            && error.ends_with("drift commands open the database for reading only"),
        "{error}"
    );
    let rows = project
        .run(&["query", "SELECT count(*) AS n FROM orders", "--json-output"])
        .unwrap()
        .result()
        .unwrap();
    assert_eq!(rows, json!([{ "n": 0 }]));
}

#[test]
fn a_project_without_a_database_has_a_snapshot_too() {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let result = snapshot(&project);
    assert_eq!(
        (&file(&project)["tables"], &file(&project)["resources"]),
        (&json!([]), &json!([])),
        "{result}"
    );
    no_drift(&project.run(&["drift-check", "--json-output"]).unwrap());
}
