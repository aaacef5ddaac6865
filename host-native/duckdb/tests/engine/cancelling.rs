//! Taking queries back.

use std::time::Duration;

use mxcp_core::value::{Object, Value};
use mxcp_runtime::ports::{SqlEngine as _, SqlError};

use crate::support::{Database, request, sql};

/// Runs for minutes if nobody stops it.
const LONG: &str = "SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(1000000) b(i)";

fn database() -> Database {
    Database::with(|options| options.connections = 1)
}

/// The one connection is free again, and nothing interrupts what it runs next.
async fn assert_free(database: &Database) {
    for n in 0..20 {
        assert_eq!(database.value(&format!("SELECT {n}")).await, Value::Int(n));
    }
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let database = database();
    let mut long = request(&sql(LONG), Object::new());
    long.timeout = Some(Duration::from_millis(50));
    let error = database.run(long).await.unwrap_err();
    assert!(matches!(error, SqlError::TimedOut(limit) if limit == Duration::from_millis(50)), "{error:?}");
    assert_free(&database).await;
}

#[tokio::test]
async fn a_cancelled_query_is_stopped() {
    let database = database();
    let long = request(&sql(LONG), Object::new());
    let cancel = long.scope.cancel.clone();
    let (outcome, ()) = tokio::join!(database.run(long), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    });
    assert!(matches!(outcome, Err(SqlError::Cancelled)), "{outcome:?}");
    assert_free(&database).await;
}

#[tokio::test]
async fn a_dropped_query_is_stopped() {
    let database = database();
    let query = database.engine.execute(request(&sql(LONG), Object::new()));
    assert!(tokio::time::timeout(Duration::from_millis(50), query).await.is_err());
    assert_free(&database).await;
}

#[tokio::test]
async fn a_query_cancelled_beforehand_never_runs() {
    let database = database();
    database.rows("CREATE TABLE t (i INTEGER)").await;
    let insert = request(&sql("INSERT INTO t VALUES (1)"), Object::new());
    insert.scope.cancel.cancel();
    assert!(matches!(database.run(insert).await, Err(SqlError::Cancelled)));
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(0));
}

#[tokio::test]
async fn a_query_dropped_while_it_waits_never_runs() {
    let database = database();
    database.rows("CREATE TABLE t (i INTEGER)").await;
    let long = request(&sql(LONG), Object::new());
    let cancel = long.scope.cancel.clone();
    let waiting = database.engine.execute(request(&sql("INSERT INTO t VALUES (1)"), Object::new()));
    let (outcome, ()) = tokio::join!(database.run(long), async {
        let waited = tokio::time::timeout(Duration::from_millis(50), waiting).await;
        assert!(waited.is_err(), "the only connection is taken");
        cancel.cancel();
    });
    assert!(matches!(outcome, Err(SqlError::Cancelled)), "{outcome:?}");
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(0));
}

/// Cancels at every moment of a short query's life: the query after it must never be hit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_never_reaches_the_next_query() {
    let database = database();
    let source = sql("SELECT sum(i) AS s FROM range(20000) t(i)");
    for round in 0..300_u64 {
        let first = request(&source, Object::new());
        let cancel = first.scope.cancel.clone();
        let (first, second, ()) =
            tokio::join!(database.run(first), database.run(request(&source, Object::new())), async {
                tokio::time::sleep(Duration::from_micros(round * 5)).await;
                cancel.cancel();
            });
        assert!(matches!(first, Ok(_) | Err(SqlError::Cancelled)), "{first:?}");
        assert_eq!(crate::support::only(second.unwrap().rows), Value::Int(199_990_000));
    }
}

#[tokio::test]
async fn closing_stops_what_runs_and_refuses_what_comes() {
    let database = database();
    let (outcome, ()) = tokio::join!(database.run(request(&sql(LONG), Object::new())), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        database.engine.close().await;
    });
    assert!(outcome.is_err(), "{outcome:?}");
    let after = database.execute("SELECT 1", Object::new()).await;
    assert!(
        matches!(&after, Err(SqlError::Unavailable { message }) if message.contains("closed")),
        "{after:?}"
    );
}
