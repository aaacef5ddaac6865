//! `mxcp log` and `mxcp log-cleanup`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use mxcp_test_support::client::{Client, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

use super::project::{SITE, project, segments};

const SEGMENT: &str = "audit/logs-default-20200101T000000.jsonl";

/// A line of a record that is some days old.
fn line(id: &str, days: i64, name: &str, more: &str) -> String {
    let time = days_before(days);
    format!(
        r#"{{"schema_name": "mxcp.endpoints", "schema_version": 2, "record_id": "{id}", "timestamp": "{time}", "operation_type": "tool", "operation_name": {name}, "operation_status": "success", "duration_ms": 0, "caller_type": "stdio", "user_id": null, "session_id": null, "trace_id": null, "input_data": {{"a": "z"}}, "output_data": null, "error": null, "policies_evaluated": [], "policy_decision": null, "policy_reason": null, "business_context": {{}}, "execution_events": [], {more}"prev_hash": null, "record_hash": null, "signature": null}}"#
    )
}

/// The time so many days ago.
fn days_before(days: i64) -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let output = std::process::Command::new("date")
        .args(["-u", "-d", &format!("@{}", seconds as i64 - days * 86_400), "+%Y-%m-%dT%H:%M:%S.000000Z"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn log(project: &Project, arguments: &[&str]) -> Json {
    let words: Vec<_> = ["log", "--json"].into_iter().chain(arguments.iter().copied()).collect();
    project.run(&words).unwrap().result().unwrap()
}

fn ids(project: &Project, arguments: &[&str]) -> Vec<String> {
    let records = log(project, arguments)["records"].as_array().unwrap().clone();
    records.iter().map(|record| record["record_id"].as_str().unwrap().to_owned()).collect()
}

fn written() -> Project {
    let project = project();
    let lines = [
        line("1", 9, "\"a\"", ""),
        line("2", 3, "\"b\"", ""),
        "{\"torn".to_owned(),
        line("3", 0, "\"it's \\\"c\\\"\"", ""),
    ];
    project.file(SEGMENT, &(lines.join("\n") + "\n")).unwrap();
    project
}

#[test]
fn records_are_listed_newest_first_with_what_programs_are_told() {
    let project = written();
    let ran = project.run(&["log", "--json"]).unwrap();
    assert!(
        ran.stderr.contains("logs-default-20200101T000000.jsonl, line 3: no audit record"),
        "{}",
        ran.stderr
    );
    let result = ran.result().unwrap();
    assert_eq!(result["count"], 3);
    let keys: Vec<_> = result["records"][0].as_object().unwrap().keys().cloned().collect();
    let expected = "record_id timestamp caller_type operation_type operation_name duration_ms user_id session_id \
                    trace_id operation_status error business_context policy_decision";
    assert_eq!(keys.join(" "), expected.split_whitespace().collect::<Vec<_>>().join(" "));
    assert!(result["records"][0]["timestamp"].as_str().unwrap().ends_with("+00:00"), "{result}");
    assert_eq!(ids(&project, &[]), ["3", "2", "1"]);
    assert_eq!(ids(&project, &["--since", "4D"]), ["3", "2"]);
    assert_eq!(ids(&project, &["--tool", "a", "--prompt", "b"]), ["2", "1"]);
    assert_eq!(ids(&project, &["--tool", "it's \"c\""]), ["3"]);
    assert_eq!(ids(&project, &["--policy", "n/a", "--limit", "1"]), ["3"]);
    assert_eq!(ids(&project, &["--policy", "deny"]), [""; 0]);
    assert_eq!(ids(&project, &["--limit", "0"]), [""; 0]);
    assert_eq!(ids(&project, &["--limit", "-5"]), [""; 0]);
    assert_eq!(ids(&project, &["--type", "prompt"]), [""; 0]);
    assert_eq!(fs::read_dir(project.path().join("audit")).unwrap().count(), 1, "nothing is created");
}

#[test]
fn people_see_a_line_for_each_record() {
    let project = written();
    let shown = project.run(&["log", "--tool", "b"]).unwrap().stdout;
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[1].starts_with("=====") && lines[3].starts_with("====="), "{shown}");
    assert!(lines[2].starts_with("✓ 20") && lines[2].ends_with("[tool] b (N/A) - unknown"), "{shown}");
    assert_eq!(lines[4], "Total records: 1");
    let none = project.run(&["log", "--tool", "z"]).unwrap().stdout;
    assert_eq!(none, "No audit records found matching the criteria.\n");
}

#[test]
fn what_can_not_be_asked_is_told() {
    let project = written();
    let ran = project.run(&["log", "--since", "abc"]).unwrap();
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("Invalid time format: abc. Use format like '10m', '2h', '1d'"),
        "{}",
        ran.stderr
    );
    assert_eq!(project.run(&["log", "--status", "odd"]).unwrap().code, Some(2));
    let unknown = project.run(&["log", "--json", "--profile", "other"]).unwrap().error().unwrap();
    assert_eq!(unknown, "Profile 'other' not found in configuration");
    project.file("mxcp-site.yml", &SITE.replace("profiles: {", "profiles: {other: {}, ")).unwrap();
    let off = project.run(&["log", "--json", "--profile", "other"]).unwrap().error().unwrap();
    let expected = "Audit logging is not enabled for profile 'other'. Enable it in mxcp-site.yml under \
                    profiles.other.audit.enabled";
    assert_eq!(off, expected);
}

#[test]
fn nobody_can_write_a_line_of_the_log_by_the_name_that_they_call() {
    let project = project();
    let mut record = line("1", 0, r#""evil\n✓ 2026-01-15 10:30:45 [tool] fake""#, "");
    record = record.replace(r#""user_id": null"#, r#""user_id": "ann\r\n✓ 2026""#);
    record = record.replace(r#""error": null"#, r#""error": "gone\n✓ 2026""#);
    project.file(SEGMENT, &(record + "\n")).unwrap();
    for arguments in [&["log"][..], &["log", "--debug"]] {
        let shown = project.run(arguments).unwrap().stdout;
        assert_eq!(shown.lines().filter(|line| line.starts_with('✓')).count(), 1, "{shown}");
        assert!(
            shown.contains(r"[tool] evil\n✓ 2026-01-15 10:30:45 [tool] fake (N/A) - ann\r\n✓ 2026"),
            "{shown}"
        );
    }
}

#[test]
fn a_last_line_without_an_end_is_shown_or_warned_of() {
    let project = project();
    project.file(SEGMENT, &(line("1", 1, "\"a\"", "") + "\n" + &line("2", 0, "\"b\"", ""))).unwrap();
    assert_eq!(ids(&project, &[]), ["2", "1"]);
    project.file(SEGMENT, &(line("1", 1, "\"a\"", "") + "\n{\"schema_name\": \"mx")).unwrap();
    for arguments in [&["log"][..], &["log", "--export-csv", "out.csv"]] {
        let ran = project.run(arguments).unwrap();
        assert!(ran.stderr.contains("20200101T000000.jsonl, line 2: no audit record"), "{ran:?}");
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

#[test]
fn no_export_makes_folders() {
    let project = written();
    for format in ["csv", "duckdb", "parquet", "ocsf"] {
        let ran = project.run(&["log", &format!("--export-{format}"), "none/x"]).unwrap();
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains("none/x can't be written: No such file or directory"), "{ran:?}");
    }
    assert!(!project.path().join("none").exists());
}

#[test]
fn csv_has_json_in_its_cells_and_a_header_at_least() {
    let project = written();
    let exported = log(&project, &["--limit", "1", "--export-csv", "out.csv"]);
    assert_eq!(exported, json!({"exported": 3, "format": "csv", "path": "out.csv"}));
    let text = fs::read_to_string(project.path().join("out.csv")).unwrap();
    assert_eq!(text.matches("\r\n").count(), 4);
    assert!(
        text.starts_with("record_id,timestamp,caller_type,operation_type,operation_name,duration_ms,"),
        "{text}"
    );
    assert!(text.contains(r#""{""a"":""z""}""#), "{text}");
    log(&project, &["--tool", "z", "--export-csv", "out.csv"]);
    let text = fs::read_to_string(project.path().join("out.csv")).unwrap();
    assert_eq!(text.matches("\r\n").count(), 1);
}

#[test]
fn duckdb_and_parquet_have_the_same_columns_whatever_is_in_the_records() {
    let project = written();
    let text = fs::read_to_string(project.path().join(SEGMENT)).unwrap();
    let other = line("4", 0, "\"d\"", "").replace("\"output_data\": null", "\"output_data\": \"a 'text'\"");
    project.file(SEGMENT, &(text + &other + "\n")).unwrap();
    // Twice, and nothing is there twice.
    for _ in 0..2 {
        let exported = log(&project, &["--export-duckdb", "out.duckdb"]);
        assert_eq!(exported["exported"], 4, "{exported}");
    }
    log(&project, &["--export-parquet", "o'ut.parquet"]);
    project.run(&["query", "CREATE TABLE t (i INTEGER)"]).unwrap();
    let query = |sql: &str| project.run(&["query", sql, "--json-output"]).unwrap().result().unwrap();
    for source in ["db.audit_logs", "'o''ut.parquet'"] {
        let attach = if source.starts_with("db") { "ATTACH 'out.duckdb' AS db (READ_ONLY); " } else { "" };
        let rows = query(&format!(
            "{attach}SELECT record_id, typeof(duration_ms) AS d, typeof(input_data) AS i, input_data->>'a' AS a, \
             output_data::VARCHAR AS o FROM {source} ORDER BY record_id"
        ));
        assert_eq!(rows.as_array().unwrap().len(), 4, "{source}: {rows}");
        assert_eq!(
            (&rows[0]["d"], &rows[0]["a"], &rows[0]["o"]),
            (&json!("INTEGER"), &json!("z"), &Json::Null)
        );
        assert_eq!(
            (&rows[3]["i"], &rows[3]["o"]),
            (&json!("JSON"), &json!("\"a 'text'\"")),
            "{source}: {rows}"
        );
    }
    log(&project, &["--tool", "z", "--export-duckdb", "out.duckdb"]);
    let rows =
        query("ATTACH 'out.duckdb' AS db (READ_ONLY); SELECT count(*)::INTEGER AS n FROM db.audit_logs");
    assert_eq!(rows[0]["n"], 0);
}

#[test]
fn ocsf_has_an_event_in_each_line() {
    let project = written();
    log(&project, &["--export-ocsf", "out.json"]);
    let text = fs::read_to_string(project.path().join("out.json")).unwrap();
    let events: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event["class_uid"] == 6003 && event["metadata"]["version"] == "1.3.0"));
}

/// A process that goes on for ever, and ends with its test.
struct Follower(std::process::Child);

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_log_is_followed_as_it_is_written() {
    let project = project();
    let mut server = Pipes::start(&project, &[]).unwrap();
    server.call_tool("greet", &json!({"who": "first"})).unwrap();
    server.get_prompt("hello", &json!({"who": "second"})).unwrap();
    let follower = project
        .command(&["log", "--follow", "--json", "--tool", "greet"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut follower = Follower(follower);
    let mut lines = BufReader::new(follower.0.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Json>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["operation_name"], "greet");
    server.call_tool("greet", &json!({"who": "third", "loud": "perhaps"})).unwrap();
    assert_eq!(next()["operation_status"], "error");
    let status =
        std::process::Command::new("kill").args(["-TERM", &follower.0.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(follower.0.wait().unwrap().code(), Some(0));
}

#[test]
fn segments_go_when_their_newest_record_is_too_old() {
    let project = project();
    let schema = r#"{"schema_name": "mxcp.endpoints", "version": 2, "retention_days": 5}"#;
    project.file("audit/logs-default_schemas.jsonl", schema).unwrap();
    let (old, half) =
        ("audit/logs-default-20200101T000000.jsonl", "audit/logs-default-20200102T000000.jsonl");
    project.file("audit/logs-default.jsonl", &(line("0", 20, "\"a\"", "") + "\n")).unwrap();
    project.file(old, &(line("1", 9, "\"a\"", "") + "\n" + &line("2", 6, "\"a\"", "") + "\n")).unwrap();
    project.file(half, &(line("3", 9, "\"a\"", "") + "\n" + &line("4", 3, "\"a\"", "") + "\n")).unwrap();
    project.file("audit/logs-default-20200103T000000.jsonl", "").unwrap();
    let clean = |more: &[&str]| {
        let words: Vec<_> = ["log-cleanup", "--json"].into_iter().chain(more.iter().copied()).collect();
        project.run(&words).unwrap().result().unwrap()
    };
    let per_schema = json!({"mxcp.endpoints:v2": 3});
    let dry = clean(&["--dry-run"]);
    assert_eq!(
        dry,
        json!({"status": "dry_run", "message": "Would delete 3 records", "deleted_per_schema": per_schema})
    );
    assert_eq!(segments(&project.path().join("audit")).len(), 4);
    let done = clean(&[]);
    assert_eq!(
        done,
        json!({"status": "success", "message": "Deleted 3 records", "deleted_per_schema": per_schema})
    );
    assert_eq!(segments(&project.path().join("audit")), [project.path().join(half)]);
    assert!(project.run(&["log-cleanup"]).unwrap().stdout.ends_with("No records were deleted.\n"));
    project.file("mxcp-site.yml", &SITE.replace("enabled: true", "enabled: false")).unwrap();
    let skipped = clean(&[]);
    assert_eq!(skipped["message"], "Audit logging is not enabled for profile 'default'");
    let unknown = project.run(&["log-cleanup", "--json", "--profile", "other"]).unwrap().error().unwrap();
    assert!(unknown.contains("Profile 'other' not found"), "{unknown}");
    assert_eq!((&skipped["status"], &skipped["deleted_per_schema"]), (&json!("skipped"), &json!({})));
}
