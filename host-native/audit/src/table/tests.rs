use std::sync::OnceLock;
use std::time::Duration;

use chrono::TimeDelta;
use mxcp_runtime::ports::{AuditSink as _, CallFacts};
use mxcp_test_support::postgres::{self, Postgres};

use super::*;
use crate::filter::Filter;
use crate::key::PublicKey;
use crate::log::AuditLog;
use crate::options::Options;
use crate::testing::{options, record};
use crate::verify::{SegmentState, Verification};

const SOON: Duration = Duration::from_secs(20);

/// The PostgreSQL of all tests, as long as the process lives.
fn database() -> Option<String> {
    static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
    if postgres::programs().is_none() {
        assert_ne!(std::env::var("MXCP_REPLICAS").as_deref(), Ok("required"), "PostgreSQL is not installed");
        eprintln!("skipped: PostgreSQL is not installed");
        return None;
    }
    let server = SERVER.get_or_init(|| Some(Postgres::start().unwrap())).as_ref()?;
    Some(server.database().unwrap())
}

/// A server's way to the log of a database: the folder of its key, and its options.
fn server(url: &str) -> (tempfile::TempDir, Options) {
    let (folder, mut options) = options();
    options.key = Some(SigningKey::parse("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap());
    options.table = Some(Table::new(url, "tested/default", &options.path).unwrap());
    (folder, options)
}

fn key(options: &Options) -> PublicKey {
    options.key.as_ref().unwrap().public()
}

fn write(log: &AuditLog, names: &[&str]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        for name in names {
            log.record(record(name), CallFacts::default()).await;
        }
    });
}

fn names(table: &Table, filter: &Filter) -> Vec<String> {
    let found = table.query(filter).unwrap();
    assert!(found.malformed.is_empty(), "{found:?}");
    found.records.into_iter().rev().map(|record| record.operation_name).collect()
}

fn verified(options: &Options) -> Verification {
    options.table.as_ref().unwrap().verify(&[key(options)]).unwrap()
}

/// Runs statements in the database of a URL.
fn run(url: &str, sql: &str) {
    let table = Table::new(url, "", Path::new("x")).unwrap();
    let sql = sql.to_owned();
    table
        .read(async |connection| {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await?;
            Ok(())
        })
        .unwrap();
}

/// Lets nobody into a database, or everybody again, and sends away who is there.
fn admit(url: &str, admitted: bool) {
    let (server, rest) = url.rsplit_once('/').map_or(("", ""), |_| {
        let at = url.find("localhost/").unwrap() + "localhost/".len();
        url.split_at(at)
    });
    let (name, parameters) = rest.split_once('?').unwrap();
    let other = format!("{server}postgres?{parameters}");
    run(&other, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {admitted}"));
    run(
        &other,
        &format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND {}",
            !admitted
        ),
    );
}

#[test]
fn two_servers_write_into_one_table_each_with_a_chain_of_its_own() {
    let Some(url) = database() else { return };
    let ((_one, one), (_other, other)) = (server(&url), server(&url));
    let table = one.table.clone().unwrap();
    assert_eq!(table.query(&Filter::default()).unwrap().records, []);
    let first = AuditLog::open(&one).unwrap();
    // The other one starts when there is something that has no end yet.
    write(&first, &["one"]);
    let logs = (first, AuditLog::open(&other).unwrap());
    write(&logs.1, &["other"]);
    for _ in 0..4 {
        write(&logs.0, &["one"]);
        write(&logs.1, &["other"]);
    }
    let open = verified(&one);
    assert!(open.is_intact() && open.records == 10, "{open:?}");
    assert!(open.segments.iter().all(|it| it.state == SegmentState::Open && it.signed == 5), "{open:?}");
    assert_eq!((logs.0.close(SOON), logs.1.close(SOON)), (0, 0));
    // One that starts later follows one of them.
    let log = AuditLog::open(&one).unwrap();
    write(&log, &["late"]);
    assert_eq!(log.close(SOON), 0);
    let closed = verified(&other);
    assert!(closed.is_intact() && closed.records == 11, "{closed:?}");
    assert!(closed.segments.iter().all(|it| it.state == SegmentState::Intact), "{closed:?}");
    let only = Filter { operation_names: vec!["one".to_owned()], ..Filter::default() };
    assert_eq!(names(&table, &only), ["one"; 5]);
    assert_eq!(names(&table, &Filter { limit: Some(1), ..Filter::default() }), ["late"]);
    let past = Filter { until: Some(Utc::now() - TimeDelta::hours(1)), ..Filter::default() };
    assert_eq!(names(&table, &past), [""; 0]);
    assert_eq!(table.stats(None, None).unwrap().total, 11);
    let mut all = Vec::new();
    table
        .each(&Filter::default(), |record| {
            all.push(record.operation_name);
            all.len() < 3
        })
        .unwrap();
    assert_eq!((all.len(), all[0].as_str()), (3, "late"));
    // Another project in the same tables has a log of its own.
    let stranger = Table::new(&url, "other/default", &one.path).unwrap();
    assert_eq!(names(&stranger, &Filter::default()), [""; 0]);
}

#[test]
fn a_table_can_be_followed_without_a_record_twice() {
    let Some(url) = database() else { return };
    let (_folder, options) = server(&url);
    let log = AuditLog::open(&options).unwrap();
    let mut tail = TableTail::new(options.table.clone().unwrap(), Filter::default());
    let mut came = || -> Vec<String> {
        tail.read_on().unwrap().records.into_iter().map(|record| record.operation_name).collect()
    };
    write(&log, &["a", "b"]);
    assert_eq!(came(), ["a", "b"]);
    assert_eq!(came(), [""; 0]);
    write(&log, &["c"]);
    assert_eq!(came(), ["c"]);
    assert_eq!(log.close(SOON), 0);
}

#[test]
fn whatever_is_done_to_rows_shows() {
    for harm in [
        "UPDATE mxcp_audit_records SET line = replace(line, 'ann', 'eve') WHERE number = 2",
        "DELETE FROM mxcp_audit_records WHERE number = 1",
        "DELETE FROM mxcp_audit_records WHERE number = 2",
        "DELETE FROM mxcp_audit_records WHERE number = 4",
        "DELETE FROM mxcp_audit_records",
        "DELETE FROM mxcp_audit_segments",
        "UPDATE mxcp_audit_segments SET head = replace(head, '\"records\":4', '\"records\":3')",
        "UPDATE mxcp_audit_segments SET head = 'x'",
        "INSERT INTO mxcp_audit_records SELECT log, segment, 5, time, name, line FROM mxcp_audit_records WHERE number = 4",
        "UPDATE mxcp_audit_records SET number = 9 WHERE number = 2; \
         UPDATE mxcp_audit_records SET number = 2 WHERE number = 3; \
         UPDATE mxcp_audit_records SET number = 3 WHERE number = 9",
    ] {
        let Some(url) = database() else { return };
        let (_folder, options) = server(&url);
        let log = AuditLog::open(&options).unwrap();
        write(&log, &["a", "b", "c", "d"]);
        assert_eq!(log.close(SOON), 0);
        assert!(verified(&options).is_intact());
        run(&url, harm);
        // Nobody who only has the table can tell a log without heads from none, but for its rows.
        let found = verified(&options);
        assert!(!found.is_intact(), "{harm}: {found:?}");
    }
}

#[test]
fn a_database_that_is_away_loses_nothing_and_has_nothing_twice() {
    let Some(url) = database() else { return };
    let (_folder, options) = server(&url);
    let log = AuditLog::open(&options).unwrap();
    write(&log, &["before"]);
    admit(&url, false);
    // Answers need not wait, as the queue has room.
    write(&log, &["away", "away"]);
    admit(&url, true);
    write(&log, &["after"]);
    assert_eq!(log.close(SOON), 0);
    let table = options.table.clone().unwrap();
    assert_eq!(names(&table, &Filter::default()), ["before", "away", "away", "after"]);
    let verified = verified(&options);
    assert!(verified.is_intact() && verified.records == 4, "{verified:?}");
}

#[test]
fn rows_whose_answer_was_lost_are_not_added_again() {
    use crate::chain::{Hash, seal};
    use crate::destination::Destination as _;
    use crate::segment::Extent;

    let Some(url) = database() else { return };
    let (_folder, options) = server(&url);
    let (table, key) = (options.table.clone().unwrap(), options.key.clone().unwrap());
    let now = Utc::now();
    let mut writing = table.write(key, 1 << 20, now).unwrap();
    let (mut text, mut hash) = (Vec::new(), Hash::ORIGIN);
    let mut extents = Vec::new();
    for number in 1..=3 {
        let start = text.len();
        text.extend_from_slice(
            format!(
                "{{\"record_id\":\"{number}\",\"timestamp\":\"{}\",\"operation_type\":\"tool\",\
                 \"operation_name\":\"t\",\"operation_status\":\"success\"",
                now.to_rfc3339()
            )
            .as_bytes(),
        );
        hash = seal(&mut text, start, hash);
        let (records, bytes) = (number, text.len() as u64);
        extents.push(Extent { records, bytes, hash, oldest: Some(now), newest: Some(now) });
    }
    let first = usize::try_from(extents[0].bytes).unwrap();
    writing.append(&text[..first], extents[0], now).unwrap();
    // As if nobody had heard of it: what is given again is longer.
    writing.forget_answer();
    writing.append(&text, extents[2], now).unwrap();
    writing.end(now);
    let verified = verified(&options);
    assert!(verified.is_intact() && verified.records == 3, "{verified:?}");
}

#[test]
fn segments_of_a_table_go_when_they_are_too_old() {
    let Some(url) = database() else { return };
    let (_folder, options) = server(&url);
    for _ in 0..2 {
        let log = AuditLog::open(&options).unwrap();
        write(&log, &["old", "old"]);
        assert_eq!(log.close(SOON), 0);
    }
    let table = options.table.clone().unwrap();
    let later = Utc::now() + TimeDelta::days(91);
    assert_eq!(table.would_clean_up(Utc::now()).unwrap().segments, [""; 0]);
    let would = table.would_clean_up(later).unwrap();
    assert_eq!((would.deleted["mxcp.endpoints:v2"], would.segments.len()), (4, 2));
    let log = AuditLog::open(&options).unwrap();
    write(&log, &["now"]);
    // What is being written stays, however old it is.
    assert_eq!(table.clean_up(options.key.as_ref(), later).unwrap(), would);
    assert_eq!(names(&table, &Filter::default()), ["now"]);
    assert_eq!(log.close(SOON), 0);
    let verified = verified(&options);
    assert!(verified.is_intact() && verified.records == 1, "{verified:?}");
}

#[test]
fn debug_shows_nothing_of_an_address() {
    let table = Table::new("postgres://a:s3cr3t@h/x", "l", Path::new("x")).unwrap();
    assert!(!format!("{table:?}").contains("s3cr3t"));
}
