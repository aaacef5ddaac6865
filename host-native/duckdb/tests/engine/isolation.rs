//! What one request leaves for the next: nothing but rows and definitions (spec `duckdb.md` section 3).

use mxcp_core::value::{Object, Value};

use crate::support::{Database, argument};

/// One connection, so that the next request would find what the last one left.
fn database() -> Database {
    Database::with(|options| options.connections = 1)
}

#[tokio::test]
async fn an_open_transaction_is_rolled_back() {
    let database = database();
    database.rows("CREATE TABLE t (i INTEGER)").await;
    database.rows("BEGIN; INSERT INTO t VALUES (1)").await;
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(0));
    database.rows("BEGIN; INSERT INTO t VALUES (1); COMMIT").await;
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(1));
}

#[tokio::test]
async fn a_failure_within_a_transaction_rolls_it_back() {
    let database = database();
    database.rows("CREATE TABLE t (i INTEGER PRIMARY KEY)").await;
    let source = "BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); COMMIT";
    let message = database.refusal(source, Object::new()).await;
    assert!(message.starts_with("Constraint Error"), "{message}");
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(0));
}

#[tokio::test]
async fn a_failing_statement_leaves_nothing_behind() {
    let database = database();
    database.rows("CREATE TABLE t (i INTEGER PRIMARY KEY)").await;
    database
        .refusal("INSERT INTO t VALUES (1), (2), (1)", Object::new())
        .await;
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(0));
}

#[tokio::test]
async fn temporary_tables_settings_variables_and_schemas_stay_with_their_request() {
    let database = database();
    let zone = database.value("SELECT current_setting('TimeZone')").await;
    database
        .rows("CREATE TEMP TABLE secret AS SELECT 1; CREATE TEMP MACRO m() AS 1")
        .await;
    database.rows("SET VARIABLE v = 1").await;
    database.rows("SET SESSION TimeZone = 'Pacific/Chatham'").await;
    database.rows("CREATE SCHEMA other").await;
    database.rows("USE other").await;
    database.rows("PREPARE p AS SELECT 1").await;
    database.refusal("SELECT * FROM secret", Object::new()).await;
    database.refusal("SELECT m()", Object::new()).await;
    database.refusal("EXECUTE p", Object::new()).await;
    assert_eq!(database.value("SELECT getvariable('v')").await, Value::Null);
    assert_eq!(
        database.value("SELECT current_schema()").await,
        Value::string("main")
    );
    assert_eq!(database.value("SELECT current_setting('TimeZone')").await, zone);
}

#[tokio::test]
async fn state_serves_the_statements_of_its_own_request() {
    let database = database();
    let source = "CREATE TEMP TABLE mine AS SELECT 2 AS i; SET VARIABLE v = 3; SELECT i * getvariable('v') * $n FROM mine";
    let rows = database
        .execute(source, argument("n", Value::Int(4)))
        .await
        .unwrap()
        .rows;
    assert_eq!(crate::support::only(rows), Value::Int(24));
}

#[tokio::test]
async fn definitions_and_rows_are_there_for_all() {
    let database = Database::new();
    database
        .rows("CREATE TABLE t AS SELECT 1 AS i; CREATE MACRO twice(x) AS 2 * x")
        .await;
    assert_eq!(database.value("SELECT twice(i) FROM t").await, Value::Int(2));
}
