//! Closing the file for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use std::{fs, thread};

use mxcp_core::value::{Object, Value};
use mxcp_duckdb::{Engine, Options};
use mxcp_runtime::ports::{SqlEngine as _, SqlError, SqlParameters};

use crate::support::{Database, only, request, scope, sql};

fn nothing() -> SqlParameters {
    SqlParameters::Named(Object::new())
}

#[tokio::test]
async fn a_released_file_may_be_used_by_others_and_replaced() {
    let database = Database::new();
    let session = database.engine.session(scope("ann"));
    session.execute("CREATE TABLE t AS SELECT 1 AS i", &nothing()).unwrap();
    database.rows("SELECT * FROM t").await;
    database.engine.release().await.unwrap();
    let other = Engine::new(Options::new(database.path()));
    other.open().await.unwrap();
    other.execute(request(&sql("UPDATE t SET i = 2"), Object::new())).await.unwrap();
    let copy = database.path().with_file_name("copy.duckdb");
    other.close().await;
    fs::rename(database.path(), &copy).unwrap();
    fs::rename(&copy, database.path()).unwrap();
    assert_eq!(database.value("SELECT i FROM t").await, Value::Int(2));
    assert_eq!(only(session.execute("SELECT i FROM t", &nothing()).unwrap().rows.rows), Value::Int(2));
}

#[tokio::test]
async fn releasing_what_is_not_open_opens_nothing() {
    let database = Database::new();
    database.engine.release().await.unwrap();
    assert!(!database.path().exists());
}

#[tokio::test]
async fn other_options_count_from_the_next_opening() {
    let database = Database::new();
    database.rows("CREATE TABLE t AS SELECT 1 AS i").await;
    let mut options = Options::new(database.path());
    options.readonly = true;
    database.engine.reconfigure(options);
    database.rows("INSERT INTO t VALUES (2)").await;
    database.engine.release().await.unwrap();
    let message = database.refusal("INSERT INTO t VALUES (3)", Object::new()).await;
    assert!(message.contains("read-only mode"), "{message}");
    let elsewhere = database.path().with_file_name("other.duckdb");
    database.engine.reconfigure(Options::new(&elsewhere));
    database.engine.release().await.unwrap();
    database.refusal("SELECT * FROM t", Object::new()).await;
    assert!(elsewhere.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_waits_for_sessions_that_carry_state() {
    let database = Database::new();
    let session = database.engine.session(scope("ann"));
    session.execute("CREATE TABLE t (i INTEGER); BEGIN; INSERT INTO t VALUES (1)", &nothing()).unwrap();
    let impatient = tokio::time::timeout(Duration::from_millis(50), database.engine.release()).await;
    assert!(impatient.is_err(), "a transaction is open");
    // Given up, the release stands in nobody's way.
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(0));
    let ((), released) = tokio::join!(
        async {
            tokio::task::yield_now().await;
            session.execute("COMMIT", &nothing()).unwrap();
            drop(session);
        },
        database.engine.release()
    );
    released.unwrap();
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_waits_for_a_release_can_be_interrupted() {
    let database = Arc::new(Database::new());
    let holder = database.engine.session(scope("ann"));
    holder.execute("BEGIN", &nothing()).unwrap();
    let releasing = {
        let database = Arc::clone(&database);
        tokio::spawn(async move { database.engine.release().await })
    };
    let waiting = database.engine.session(scope("bob"));
    let outcome = thread::scope(|threads| {
        let outcome = threads.spawn(|| {
            // In until the release has begun, and from then on waiting.
            loop {
                if let Err(error) = waiting.execute("SELECT 1", &nothing()) {
                    return error;
                }
            }
        });
        thread::sleep(Duration::from_millis(50));
        waiting.interrupt();
        outcome.join().unwrap()
    });
    assert!(matches!(outcome, SqlError::Cancelled), "{outcome:?}");
    drop(holder);
    releasing.await.unwrap().unwrap();
}

/// Whatever arrives during a release waits and runs on the new opening; nothing fails, and nothing hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn releases_under_load_lose_nothing() {
    let database = Arc::new(Database::new());
    database.rows("CREATE TABLE t (i INTEGER)").await;
    let (done, inserted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (database, done, inserted) =
                (Arc::clone(&database), Arc::clone(&done), Arc::clone(&inserted));
            thread::spawn(move || {
                let name = format!("user{number}");
                while !done.load(Ordering::SeqCst) {
                    let session = database.engine.session(scope(&name));
                    if number % 2 == 0 {
                        session.execute("CREATE TEMP TABLE x AS SELECT 1 AS i", &nothing()).unwrap();
                        session.execute("SELECT * FROM x", &nothing()).unwrap();
                    }
                    let user = session.execute("SELECT get_username()", &nothing()).unwrap();
                    assert_eq!(only(user.rows.rows), Value::string(&*name));
                    session.execute("INSERT INTO t VALUES (1)", &nothing()).unwrap();
                    inserted.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let jobs: Vec<_> = (0..4)
        .map(|_| {
            let (database, done, inserted) =
                (Arc::clone(&database), Arc::clone(&done), Arc::clone(&inserted));
            tokio::spawn(async move {
                let insert = sql("INSERT INTO t VALUES (2)");
                while !done.load(Ordering::SeqCst) {
                    let mut request = request(&insert, Object::new());
                    request.scope = scope("job");
                    database.run(request).await.unwrap();
                    inserted.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for _ in 0..20 {
        let released = tokio::time::timeout(Duration::from_secs(60), database.engine.release()).await;
        released.expect("the release hangs").unwrap();
    }
    done.store(true, Ordering::SeqCst);
    for job in jobs {
        job.await.unwrap();
    }
    tokio::task::spawn_blocking(|| threads.into_iter().for_each(|thread| thread.join().unwrap()))
        .await
        .unwrap();
    let count = i64::try_from(inserted.load(Ordering::SeqCst)).unwrap();
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(count));
}
