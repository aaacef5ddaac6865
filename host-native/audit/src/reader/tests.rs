use std::fs;

use super::*;
use crate::filter::Decision;
use crate::tail::FolderTail;

fn line(at: u32, name: &str, more: &str) -> String {
    format!(
        r#"{{"schema_name":"mxcp.endpoints","schema_version":2,"record_id":"{at:04}","timestamp":"2026-01-15T10:{:02}:{:02}Z","operation_type":"tool","operation_name":"{name}","operation_status":"success"{more}}}"#,
        at / 60,
        at % 60
    )
}

fn log(files: &[(&str, &[String])]) -> (tempfile::TempDir, FolderReader) {
    let folder = tempfile::tempdir().unwrap();
    for (name, lines) in files {
        fs::write(folder.path().join(name), lines.join("\n") + "\n").unwrap();
    }
    let reader = FolderReader::new(&folder.path().join("logs.jsonl"));
    (folder, reader)
}

fn ids(reader: &FolderReader, filter: &Filter) -> Vec<String> {
    reader.query(filter).unwrap().records.into_iter().map(|record| record.record_id).collect()
}

fn three() -> (tempfile::TempDir, FolderReader) {
    log(&[
        ("logs.jsonl", &[line(1, "a", "")]),
        (
            "logs-20260115T100000.jsonl",
            &[line(2, "a", r#","user_id":"ann""#), line(5, "b", r#","policy_decision":"deny""#)],
        ),
        (
            "logs-20260115T100003.jsonl",
            &[line(3, "b", ""), line(4, "q\\\"'", r#","policy_decision":"allow""#)],
        ),
        ("logs-default-20260115T100003.jsonl", &[line(9, "other", "")]),
    ])
}

#[test]
fn records_come_newest_first_whatever_segment_they_are_in() {
    let (_folder, reader) = three();
    assert_eq!(ids(&reader, &Filter::default()), ["0005", "0004", "0003", "0002", "0001"]);
    let some = Filter { limit: Some(2), offset: 1, ..Filter::default() };
    assert_eq!(ids(&reader, &some), ["0004", "0003"]);
    let none = Filter { limit: Some(0), ..Filter::default() };
    assert_eq!(ids(&reader, &none), [""; 0]);
}

#[test]
fn filters_are_kept_together() {
    let (_folder, reader) = three();
    let text = |text: &str| Some(text.to_owned());
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let is = |wanted: &str| Some(Decision::Is(wanted.to_owned()));
    for (filter, expected) in [
        (Filter { operation_names: names(&["b"]), ..Filter::default() }, &["0005", "0003"][..]),
        (Filter { operation_names: names(&["q\"'", "a"]), ..Filter::default() }, &["0004", "0002", "0001"]),
        (Filter { operation_names: names(&["a"]), user_id: text("ann"), ..Filter::default() }, &["0002"]),
        (Filter { decision: is("deny"), ..Filter::default() }, &["0005"]),
        (Filter { decision: Some(Decision::None), ..Filter::default() }, &["0003", "0002", "0001"]),
        (Filter { since: "2026-01-15T10:00:04Z".parse().ok(), ..Filter::default() }, &["0005", "0004"]),
        (Filter { until: "2026-01-15T10:00:02Z".parse().ok(), ..Filter::default() }, &["0002", "0001"]),
        (Filter { operation_type: text("prompt"), ..Filter::default() }, &[]),
        (Filter { operation_status: text("error"), ..Filter::default() }, &[]),
    ] {
        assert_eq!(ids(&reader, &filter), expected, "{filter:?}");
    }
}

#[test]
fn lines_that_are_no_records_are_passed_over_and_named() {
    let (folder, reader) = log(&[(
        "logs-20260115T100000.jsonl",
        &[
            line(1, "a", ""),
            "{\"torn".to_owned(),
            String::new(),
            "{\"record_id\":1}".to_owned(),
            line(2, "a", ""),
        ],
    )]);
    let found = reader.query(&Filter::default()).unwrap();
    let lines: Vec<_> = found.malformed.iter().map(|malformed| malformed.line).collect();
    assert_eq!((found.records.len(), lines), (2, vec![2, 4]));
    assert!(found.malformed.iter().all(|it| it.file == folder.path().join("logs-20260115T100000.jsonl")));
}

#[test]
fn a_last_line_without_an_end_counts_once_nobody_writes_it() {
    let name = "logs-20260115T100000.jsonl";
    let (folder, reader) = log(&[(name, &[line(1, "a", "")])]);
    let path = folder.path().join(name);
    let whole = fs::read_to_string(&path).unwrap();
    let found = || {
        let Found { records, malformed } = reader.query(&Filter::default()).unwrap();
        let each = reader.each(&Filter::default(), |_| true).unwrap();
        assert_eq!(each, malformed);
        (records.len(), malformed.into_iter().map(|it| it.line).collect::<Vec<_>>())
    };
    fs::write(&path, format!("{whole}{{\"schema_name\":\"mx")).unwrap();
    assert_eq!(found(), (1, vec![2]), "it is torn");
    let writer = File::open(&path).unwrap();
    writer.lock().unwrap();
    assert_eq!(found(), (1, vec![]), "it is being written");
    fs::write(&path, whole + &line(2, "a", "")).unwrap();
    assert_eq!(found(), (1, vec![]));
    drop(writer);
    assert_eq!(found(), (2, vec![]));
}

#[test]
fn a_log_can_be_followed_without_a_record_twice() {
    let (folder, reader) = log(&[("logs-20260115T100000.jsonl", &[line(1, "a", ""), line(2, "b", "")])]);
    let filter = Filter { operation_names: vec!["a".to_owned()], ..Filter::default() };
    let mut tail = FolderTail::new(reader, filter);
    let mut next = || tail.read_on().unwrap().records.into_iter().map(|it| it.record_id).collect::<Vec<_>>();
    assert_eq!(next(), ["0001"]);
    assert_eq!(next(), [""; 0]);
    let path = folder.path().join("logs-20260115T100000.jsonl");
    let text = fs::read_to_string(&path).unwrap() + &line(3, "a", "");
    fs::write(&path, &text).unwrap();
    assert_eq!(next(), [""; 0], "a line without its end is being written");
    fs::write(&path, text + "\n").unwrap();
    fs::write(folder.path().join("logs-20260115T100100.jsonl"), line(4, "a", "") + "\n").unwrap();
    assert_eq!(next(), ["0003", "0004"]);
}

#[test]
fn a_clock_that_jumps_hides_no_record() {
    // The second segment was begun after the clock had been put back, and has the older names and times.
    let (folder, reader) = log(&[
        ("logs-20260115T101000.jsonl", &[line(600, "a", ""), line(1, "a", "")]),
        ("logs-20260115T100000.jsonl", &[line(2, "a", ""), line(599, "a", "")]),
    ]);
    for (name, newest) in [("logs-20260115T101000", 10), ("logs-20260115T100000", 9)] {
        let head = format!(
            r#"{{"head":{{"segment":"","state":"closed","records":2,"bytes":0,"follows":"","hash":"","oldest":null,"newest":"2026-01-15T10:{newest:02}:59Z","signed_at":"2026-01-15T10:00:00Z"}},"public_key":"","signature":""}}"#
        );
        fs::write(folder.path().join(format!("{name}.head")), head).unwrap();
    }
    assert_eq!(ids(&reader, &Filter::default()), ["0600", "0599", "0002", "0001"]);
    let two = Filter { limit: Some(2), ..Filter::default() };
    assert_eq!(ids(&reader, &two), ["0600", "0599"]);
    let since = Filter { since: "2026-01-15T10:09:59Z".parse().ok(), ..Filter::default() };
    assert_eq!(ids(&reader, &since), ["0600", "0599"]);
}

#[test]
fn records_are_counted() {
    let (_folder, reader) = three();
    let stats = reader.stats("2026-01-15T10:00:02Z".parse().ok(), None).unwrap();
    assert_eq!((stats.total, stats.by_type["tool"], stats.by_status["success"]), (4, 4, 4));
    assert_eq!(
        stats.by_policy.iter().map(|(name, count)| (name.as_str(), *count)).collect::<Vec<_>>(),
        [("allow", 1), ("deny", 1)]
    );
    assert_eq!(stats.earliest, "2026-01-15T10:00:02Z".parse().ok());
    assert_eq!(stats.latest, "2026-01-15T10:00:05Z".parse().ok());
    assert_eq!(FolderReader::new(Path::new("/nowhere/at/all.jsonl")).stats(None, None).unwrap().total, 0);
}
