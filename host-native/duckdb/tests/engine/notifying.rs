//! What a query says while it runs.

use std::sync::{Arc, Mutex};

use mxcp_core::definition::SqlText;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{LogLevel, LogMessage, Notify, Progress, SqlRequest};

use crate::support::{Database, argument, only, request, sql};

/// Keeps what it hears, in the order it hears it.
#[derive(Debug, Default)]
struct Ear(Mutex<Vec<String>>);

impl Ear {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn request(self: &Arc<Self>, source: &Arc<SqlText>, arguments: Object) -> SqlRequest {
        let mut request = request(source, arguments);
        request.scope =
            Arc::new(CallScope { notify: Arc::<Self>::clone(self), ..CallScope::clone(&request.scope) });
        request
    }
}

impl Notify for Ear {
    fn progress(&self, Progress { done, total, .. }: Progress) {
        self.0.lock().unwrap().push(format!("{done} of {}", total.unwrap()));
    }

    fn log(&self, LogMessage { level, data, .. }: LogMessage) {
        self.0.lock().unwrap().push(format!("{}: {}", level.as_str(), data.as_str().unwrap()));
    }
}

#[tokio::test]
async fn each_statement_of_several_is_progress() {
    let (database, ear) = (Database::new(), Arc::<Ear>::default());
    let source =
        sql("CREATE TEMP TABLE t AS SELECT 1 AS n; SELECT log_message('info', 'half'); SELECT n FROM t");
    assert_eq!(only(database.run(ear.request(&source, Object::new())).await.unwrap().rows), Value::Int(1));
    assert_eq!(ear.heard(), ["1 of 3", "info: half", "2 of 3", "3 of 3"]);
}

#[tokio::test]
async fn a_single_statement_is_no_progress() {
    let (database, ear) = (Database::new(), Arc::<Ear>::default());
    database.run(ear.request(&sql("SELECT 1"), Object::new())).await.unwrap();
    assert!(ear.heard().is_empty());
}

#[tokio::test]
async fn a_message_is_logged_at_every_level_and_given_back() {
    let (database, ear) = (Database::new(), Arc::<Ear>::default());
    let source = sql("SELECT log_message($level, 'it happened') AS said");
    for level in LogLevel::ALL {
        let arguments = argument("level", Value::string(level.as_str()));
        let rows = database.run(ear.request(&source, arguments)).await.unwrap().rows;
        assert_eq!(only(rows), Value::string("it happened"));
        assert_eq!(ear.heard(), [format!("{}: it happened", level.as_str())]);
    }
}

/// Constant arguments, and a statement that is kept: neither may make DuckDB say it once for all, or not at all.
#[tokio::test]
async fn a_constant_message_is_logged_for_each_row_of_each_run() {
    let database = Database::with(|options| options.connections = 1);
    let source = sql("SELECT log_message('debug', 'row') FROM range(3)");
    for _ in 0..3 {
        let ear = Arc::<Ear>::default();
        database.run(ear.request(&source, Object::new())).await.unwrap();
        assert_eq!(ear.heard(), ["debug: row"; 3]);
    }
}

#[tokio::test]
async fn an_unknown_level_fails_the_query_and_nothing_is_logged() {
    let (database, ear) = (Database::new(), Arc::<Ear>::default());
    for level in ["'Info'", "'warn'", "''", "NULL::VARCHAR"] {
        let source = sql(&format!("SELECT log_message({level}, 'x')"));
        let error = database.run(ear.request(&source, Object::new())).await.unwrap_err().to_string();
        assert!(error.contains(&format!("unknown level {}", level.trim_end_matches("::VARCHAR"))), "{error}");
        assert!(error.contains("debug, info, notice"), "{error}");
    }
    assert!(ear.heard().is_empty());
}

#[tokio::test]
async fn no_message_is_nothing_to_log() {
    let (database, ear) = (Database::new(), Arc::<Ear>::default());
    let source = sql("SELECT log_message('info', NULL)");
    assert_eq!(only(database.run(ear.request(&source, Object::new())).await.unwrap().rows), Value::Null);
    assert!(ear.heard().is_empty());
}

#[tokio::test]
async fn checking_says_nothing() {
    let database = Database::new();
    let check = database.check("SELECT log_message('info', $m)").await;
    assert!(check.findings.is_empty() && check.parameters == ["m"], "{check:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_beside_each_other_speak_to_their_own_callers() {
    let database = Arc::new(Database::new());
    let source = sql("SELECT log_message('info', $m) FROM range(100)");
    let tasks: Vec<_> = (0..32)
        .map(|number| {
            let (database, source, ear) = (Arc::clone(&database), Arc::clone(&source), Arc::<Ear>::default());
            tokio::spawn(async move {
                let name = format!("caller {number}");
                let arguments = argument("m", Value::string(name.as_str()));
                database.run(ear.request(&source, arguments)).await.unwrap();
                assert_eq!(ear.heard(), vec![format!("info: {name}"); 100]);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
