//! SQL that code of a call runs (spec `python.md` section 8.1).

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{ColumnKind, SqlEngine as _, SqlError, SqlParameters, SqlSession, Table};

use crate::support::{Database, argument, json, only, scope};

fn session(database: &Database) -> Arc<dyn SqlSession> {
    database.engine.session(scope("ann"))
}

fn nothing() -> SqlParameters {
    SqlParameters::Named(Object::new())
}

fn run(session: &Arc<dyn SqlSession>, text: &str) -> Table {
    session.execute(text, &nothing()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn value(session: &Arc<dyn SqlSession>, text: &str) -> Value {
    only(run(session, text).rows.rows)
}

fn refusal(session: &Arc<dyn SqlSession>, text: &str, parameters: &SqlParameters) -> String {
    match session.execute(text, parameters) {
        Err(SqlError::Rejected(message)) => message,
        other => panic!("{text}: {other:?}"),
    }
}

fn rows_text(table: &Table) -> String {
    Value::Array(table.rows.rows.iter().cloned().map(Value::Object).collect()).to_json_text()
}

#[test]
fn nothing_is_opened_before_the_first_statement() {
    let database = Database::new();
    let session = session(&database);
    assert!(!database.path().exists());
    assert_eq!(value(&session, "SELECT 1"), Value::Int(1));
    assert!(database.path().exists());
}

#[test]
fn statements_give_rows_counts_or_nothing() {
    let database = Database::new();
    let session = session(&database);
    let text = |statement| rows_text(&run(&session, statement));
    assert_eq!(text("CREATE TABLE t (i INTEGER)"), "[]");
    assert_eq!(text("INSERT INTO t VALUES (1), (2)"), r#"[{"Count":2}]"#);
    assert_eq!(text("UPDATE t SET i = i + 1 WHERE i > 1"), r#"[{"Count":1}]"#);
    assert_eq!(text("INSERT INTO t VALUES (5) RETURNING i, i AS i"), r#"[{"i":5,"i_1":5}]"#);
    assert_eq!(text("DELETE FROM t WHERE i = 5"), r#"[{"Count":1}]"#);
    assert_eq!(text("SELECT count(*) FROM t"), r#"[{"count_star()":2}]"#);
    for none in ["", " -- nothing\n", "/* nothing */ ;", "BEGIN", "COMMIT", "SET VARIABLE v = 1"] {
        assert_eq!(text(none), "[]", "{none}");
    }
    assert_eq!(text("SELECT 1 AS a; SELECT 2 AS b"), r#"[{"b":2}]"#);
}

#[test]
fn columns_tell_what_values_do_not() {
    use ColumnKind::{Plain, Uuid, Wide};
    let database = Database::new();
    let table = run(
        &session(&database),
        "SELECT 1, 1::HUGEINT, 1::UHUGEINT, 1.5, 1.5::DOUBLE, uuid(), 'x', [1.5], NULL::DECIMAL(4, 0)",
    );
    assert_eq!(table.kinds, [Plain, Wide, Wide, Wide, Plain, Uuid, Plain, Plain, Wide]);
}

#[test]
fn parameters_have_names_or_places() {
    let database = Database::new();
    let session = session(&database);
    let named = |text, arguments| session.execute(text, &SqlParameters::Named(arguments));
    let placed = |text, values: &[Value]| session.execute(text, &SqlParameters::Positional(values.to_vec()));
    let rows = |table: Result<Table, SqlError>| only(table.unwrap().rows.rows);
    assert_eq!(rows(named("SELECT $a || 'x'", argument("a", Value::string("y")))), Value::string("yx"));
    assert_eq!(rows(placed("SELECT ? - ?", &[Value::Int(5), Value::Int(3)])), Value::Int(2));
    assert_eq!(rows(placed("SELECT $2 - $1", &[Value::Int(5), Value::Int(3)])), Value::Int(-2));
    let many: Vec<Value> = (1..=12).map(Value::Int).collect();
    assert_eq!(
        rows(placed("SELECT [?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?]", &many)),
        Value::Array(many.clone())
    );
    // One parameter where any type will do and where one is wanted, whatever it is called.
    let twice = json(r#"{"a": "X", "b": "x"}"#);
    assert_eq!(rows(placed("SELECT {'a': $1, 'b': lower($1)}", &[Value::string("X")])), twice);
    assert_eq!(rows(named("SELECT {'a': $n, 'b': lower($n)}", argument("n", Value::string("X")))), twice);
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    let database = Database::new();
    let session = session(&database);
    let positional =
        |values: &[i64]| SqlParameters::Positional(values.iter().copied().map(Value::Int).collect());
    let named = |name| SqlParameters::Named(argument(name, Value::Int(1)));
    let missing = "Invalid Input Error: Values were not provided for the following parameters: ";
    assert_eq!(refusal(&session, "SELECT $a", &nothing()), format!("{missing}a"));
    assert_eq!(refusal(&session, "SELECT ?, ?", &positional(&[1])), format!("{missing}2"));
    let excess =
        "Invalid Input Error: Parameter argument/count mismatch, identifiers of the excess parameters: ";
    assert_eq!(refusal(&session, "SELECT 1", &named("a")), format!("{excess}a"));
    assert_eq!(refusal(&session, "SELECT ?", &positional(&[1, 2])), format!("{excess}2"));
    run(&session, "CREATE TABLE t (i INTEGER)");
    for text in ["INSERT INTO t VALUES (?); SELECT 1", "INSERT INTO t VALUES ($1); SELECT 1"] {
        let message = refusal(&session, text, &positional(&[1]));
        assert!(
            message.starts_with("Not implemented Error: Prepared parameters are only supported"),
            "{message}"
        );
    }
    assert_eq!(value(&session, "SELECT count(*) FROM t"), Value::Int(0));
    assert!(refusal(&session, "SELEC", &nothing()).starts_with("Parser Error: "));
    assert!(refusal(&session, "SELECT * FROM nope", &nothing()).starts_with("Catalog Error: "));
}

#[test]
fn a_transaction_spans_the_statements_of_a_session_and_no_others() {
    let database = Database::new();
    let (one, other) = (session(&database), session(&database));
    run(&one, "CREATE TABLE t (i INTEGER)");
    run(&one, "BEGIN");
    run(&one, "INSERT INTO t VALUES (1)");
    assert_eq!(value(&one, "SELECT count(*) FROM t"), Value::Int(1));
    assert_eq!(value(&other, "SELECT count(*) FROM t"), Value::Int(0));
    run(&one, "COMMIT");
    assert_eq!(value(&other, "SELECT count(*) FROM t"), Value::Int(1));
    run(&one, "BEGIN; INSERT INTO t VALUES (2)");
    drop(one);
    assert_eq!(value(&other, "SELECT count(*) FROM t"), Value::Int(1));
    assert!(refusal(&other, "COMMIT", &nothing()).contains("no transaction is active"));
}

#[test]
fn what_a_statement_leaves_stays_with_its_session() {
    let database = Database::new();
    for (leave, look, found) in [
        ("CREATE TEMP TABLE x AS SELECT 1 AS i", "SELECT i FROM x", Some(1)),
        ("CREATE OR REPLACE TEMPORARY MACRO m() AS 3", "SELECT m()", Some(3)),
        ("SET VARIABLE v = 4", "SELECT getvariable('v')", Some(4)),
        ("PREPARE p AS SELECT 5", "EXECUTE p", Some(5)),
        ("SET threads_of_nobody = 1; ", "SELECT 1", None),
        (
            "ATTACH ':memory:' AS side; CREATE TABLE side.z AS SELECT 6 AS i; USE side",
            "SELECT i FROM z",
            Some(6),
        ),
    ] {
        let (one, other) = (session(&database), session(&database));
        let Some(found) = found else {
            refusal(&one, leave, &nothing());
            continue;
        };
        run(&one, leave);
        assert_eq!(value(&one, look), Value::Int(found), "{look}");
        let elsewhere = other.execute(look, &nothing());
        assert!(elsewhere.is_err() || only(elsewhere.unwrap().rows.rows).is_null(), "{look}");
        drop(one);
        for _ in 0..3 {
            let next = session(&database);
            let later = next.execute(look, &nothing());
            assert!(later.is_err() || only(later.unwrap().rows.rows).is_null(), "{look}");
        }
    }
}

/// State is found again even when each statement comes from another thread, as it does from a pool of them.
#[test]
fn statements_one_after_the_other_share_a_connection_on_whatever_threads() {
    let database = Database::new();
    let session = session(&database);
    run(&session, "CREATE TABLE t (i INTEGER)");
    for statement in
        ["BEGIN", "INSERT INTO t VALUES (1)", "CREATE TEMP TABLE x (i INTEGER)", "SELECT * FROM x", "COMMIT"]
    {
        thread::scope(|threads| {
            threads.spawn(|| run(&session, statement));
        });
    }
    assert_eq!(value(&session, "SELECT count(*) FROM t"), Value::Int(1));
}

#[test]
fn statements_beside_each_other_do_not_wait_for_each_other() {
    let database = Database::new();
    let session = session(&database);
    run(&session, "CREATE TABLE t (i INTEGER)");
    // While each of these runs, all of the others do: they wait for a row that only a later one inserts.
    thread::scope(|threads| {
        for wanted in (1..4).rev() {
            let session = &session;
            threads.spawn(move || {
                let start = Instant::now();
                while value(session, "SELECT count(*) FROM t") != Value::Int(wanted) {
                    assert!(start.elapsed() < Duration::from_secs(30));
                }
                run(session, "INSERT INTO t VALUES (0)");
            });
        }
        run(&session, "INSERT INTO t VALUES (0)");
    });
    assert_eq!(value(&session, "SELECT count(*) FROM t"), Value::Int(4));
}

#[test]
fn a_prepared_statement_is_used_again_and_sees_definitions_of_others() {
    let database = Database::new();
    let (one, other) = (session(&database), session(&database));
    run(&one, "CREATE TABLE t AS SELECT 1 AS i");
    assert_eq!(value(&one, "SELECT * FROM t"), Value::Int(1));
    run(&other, "CREATE OR REPLACE TABLE t AS SELECT 'x' AS j");
    assert_eq!(rows_text(&run(&one, "SELECT * FROM t")), r#"[{"j":"x"}]"#);
    run(&one, "CREATE TEMP TABLE t AS SELECT 2 AS k");
    assert_eq!(value(&one, "SELECT * FROM t"), Value::Int(2));
    assert_eq!(value(&other, "SELECT * FROM t"), Value::string("x"));
    run(&one, "DROP TABLE temp.t");
    assert_eq!(value(&one, "SELECT * FROM t"), Value::string("x"));
}

#[test]
fn the_user_is_that_of_the_session() {
    let database = Database::new();
    let sessions = ["ann", "bob", "ann"].map(|name| (name, database.engine.session(scope(name))));
    for _ in 0..3 {
        for (name, session) in &sessions {
            assert_eq!(value(session, "SELECT get_username()"), Value::string(*name));
        }
    }
}

#[test]
fn sessions_of_many_users_are_never_mixed_up() {
    let database = Database::with(|options| options.threads = Some(4));
    thread::scope(|threads| {
        for number in 0..12 {
            let database = &database;
            threads.spawn(move || {
                let name = format!("user{number}");
                for round in 0..20 {
                    let session = database.engine.session(scope(&name));
                    if round % 3 == 0 {
                        run(&session, "SET VARIABLE v = get_username()");
                        assert_eq!(value(&session, "SELECT getvariable('v')"), Value::string(&*name));
                    }
                    let text = "SELECT DISTINCT get_request_header(h) IS NULL AND get_username() = $name
                        FROM (SELECT 'x' || i AS h FROM range(5000) t(i))";
                    let parameters = SqlParameters::Named(argument("name", Value::string(&*name)));
                    let rows = session.execute(text, &parameters).unwrap().rows.rows;
                    assert_eq!(only(rows), Value::Bool(true));
                }
            });
        }
    });
}

const LONG: &str = "SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(1000000) b(i)";

#[test]
fn an_interrupted_session_stops_and_stays_so() {
    let database = Database::new();
    let (one, other) = (session(&database), session(&database));
    run(&one, "CREATE TABLE t (i INTEGER); BEGIN; INSERT INTO t VALUES (1)");
    thread::scope(|threads| {
        let long = threads.spawn(|| one.execute(LONG, &nothing()));
        // As soon as the session is interrupted nothing of it runs, whatever it was about to do.
        thread::sleep(Duration::from_millis(50));
        one.interrupt();
        assert!(matches!(long.join().unwrap(), Err(SqlError::Cancelled)));
    });
    assert!(matches!(one.execute("SELECT 1", &nothing()), Err(SqlError::Cancelled)));
    assert_eq!(value(&other, "SELECT count(*) FROM t"), Value::Int(0));
}

#[test]
fn an_interrupt_never_reaches_another_session() {
    let database = Database::with(|options| options.connections = 1);
    let text = "SELECT sum(i) AS s FROM range(20000) t(i)";
    for round in 0..200 {
        let (one, other) = (session(&database), session(&database));
        thread::scope(|threads| {
            threads.spawn(|| {
                thread::sleep(Duration::from_micros(round * 5));
                one.interrupt();
            });
            let first = one.execute(text, &nothing());
            assert!(matches!(first, Ok(_) | Err(SqlError::Cancelled)), "{first:?}");
            assert_eq!(value(&other, text), Value::Int(199_990_000));
        });
    }
}

#[test]
fn a_call_that_was_taken_back_runs_nothing() {
    let database = Database::new();
    let scope: Arc<CallScope> = scope("ann");
    let session = database.engine.session(Arc::clone(&scope));
    scope.cancel.cancel();
    assert!(matches!(session.execute("SELECT 1", &nothing()), Err(SqlError::Cancelled)));
}

#[tokio::test]
async fn a_closed_database_refuses_sessions_and_takes_theirs_back() {
    let database = Database::new();
    let session = session(&database);
    run(&session, "SELECT 1");
    database.engine.close().await;
    let after = session.execute("SELECT 1", &nothing());
    assert!(
        matches!(&after, Err(SqlError::Unavailable { message }) if message.contains("closed")),
        "{after:?}"
    );
}
