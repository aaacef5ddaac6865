//! `db.execute`, against a database that does what the text says.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use mxcp_core::definition::SqlText;
use mxcp_core::registry::Rows;
use mxcp_core::secret::Secrets;
use mxcp_core::value::{ExactNumber, Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    BoxFuture, Column, ColumnData, ColumnKind, PythonEngine as _, PythonError, Results, SqlCheck, SqlEngine,
    SqlError, SqlFunction, SqlParameters, SqlRequest, SqlSession, Table,
};

use crate::project::{LONG, Project, request};

/// A database of a few tricks.
#[derive(Debug, Default)]
pub(crate) struct Database {
    /// What was bound, as it arrived.
    pub(crate) bound: Arc<Mutex<Vec<String>>>,
    /// How many sessions were made.
    pub(crate) sessions: Mutex<usize>,
    /// What `udf` calls.
    pub(crate) function: Arc<Mutex<Option<Arc<dyn SqlFunction>>>>,
    /// Hears when `block` begins.
    pub(crate) blocks: Mutex<Option<Sender<()>>>,
}

#[derive(Debug)]
struct Session {
    scope: Arc<CallScope>,
    bound: Arc<Mutex<Vec<String>>>,
    function: Arc<Mutex<Option<Arc<dyn SqlFunction>>>>,
    blocks: Option<Sender<()>>,
    interrupted: (Mutex<bool>, Condvar),
}

impl Database {
    /// Hears when a statement `block` has begun.
    pub(crate) fn blocked(&self) -> Receiver<()> {
        let (sender, receiver) = mpsc::channel();
        *self.blocks.lock().unwrap() = Some(sender);
        receiver
    }
}

impl SqlEngine for Database {
    fn execute(&self, _: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>> {
        unreachable!("only sessions are used")
    }

    fn check(&self, _: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>> {
        unreachable!("only sessions are used")
    }

    fn replace_secrets(&self, _: Secrets) -> BoxFuture<'_, Result<(), SqlError>> {
        unreachable!("only sessions are used")
    }

    fn define(&self, _: Vec<Arc<dyn SqlFunction>>) -> BoxFuture<'_, Result<(), SqlError>> {
        unreachable!("only sessions are used")
    }

    fn session(&self, scope: Arc<CallScope>) -> Arc<dyn SqlSession> {
        *self.sessions.lock().unwrap() += 1;
        Arc::new(Session {
            scope,
            bound: Arc::clone(&self.bound),
            function: Arc::clone(&self.function),
            blocks: self.blocks.lock().unwrap().clone(),
            interrupted: Default::default(),
        })
    }

    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>> {
        unreachable!("only sessions are used")
    }
}

impl SqlSession for Session {
    fn execute(&self, text: &str, parameters: &SqlParameters) -> Result<Table, SqlError> {
        self.bound.lock().unwrap().push(format!("{parameters:?}"));
        match text {
            "rows" => Ok(rows()),
            "none" => Ok(Table::default()),
            "block" => {
                let _ = self.blocks.as_ref().map(|blocks| blocks.send(()));
                let interrupted = self.interrupted.0.lock().unwrap();
                drop(self.interrupted.1.wait_while(interrupted, |interrupted| !*interrupted).unwrap());
                Err(SqlError::Cancelled)
            }
            "udf" => {
                let function = self.function.lock().unwrap().clone().unwrap();
                let column = Column { validity: None, data: ColumnData::Integers(&[1, 2]) };
                let scope = Arc::clone(&self.scope);
                let results = std::thread::scope(|threads| {
                    threads.spawn(|| function.evaluate(&[column], 2, &scope)).join().unwrap()
                });
                match results {
                    Ok(Results::Integers(items)) => Ok(table("n", items)),
                    Ok(other) => panic!("{other:?} are other results"),
                    Err(text) => Err(SqlError::Rejected(text)),
                }
            }
            other => Err(SqlError::Rejected(format!("Parser Error: {other}"))),
        }
    }

    fn read(&self, _: &str, _: &SqlParameters) -> Result<Table, SqlError> {
        unreachable!("Python may write")
    }

    fn interrupt(&self) {
        *self.interrupted.0.lock().unwrap() = true;
        self.interrupted.1.notify_all();
    }
}

fn table(name: &str, items: Vec<Option<i32>>) -> Table {
    let value = |item: Option<i32>| item.map_or(Value::Null, |item| Value::Int(item.into()));
    let rows = items.into_iter().map(|item| Object::from_iter([(name, value(item))])).collect();
    Table { rows: Rows { columns: vec![name.into()], rows }, kinds: vec![ColumnKind::Plain] }
}

fn rows() -> Table {
    let cells = [
        ("i", Value::Int(7), ColumnKind::Plain),
        ("w", Value::Int(7), ColumnKind::Wide),
        ("d", Value::Number(ExactNumber::parse("1.50").unwrap()), ColumnKind::Wide),
        ("day", Value::Date("2024-01-02".parse().unwrap()), ColumnKind::Plain),
        ("u", Value::string("12345678-1234-5678-1234-567812345678"), ColumnKind::Uuid),
        ("b", Value::Bytes(vec![0, 255]), ColumnKind::Plain),
        ("n", Value::Null, ColumnKind::Wide),
        ("list", Value::Array(vec![Value::Number(ExactNumber::parse("2.00").unwrap())]), ColumnKind::Plain),
    ];
    let columns = cells.iter().map(|(name, ..)| (*name).into()).collect();
    let kinds = cells.iter().map(|(.., kind)| *kind).collect();
    let row = cells.into_iter().map(|(name, value, _)| (name, value)).collect();
    Table { rows: Rows { columns, rows: vec![row] }, kinds }
}

const MODULE: &str = r#"
from mxcp.runtime import db

def kinds():
    [row] = db.execute("rows")
    return [f"{name}: {value!r}" for name, value in row.items()]

def none():
    return db.execute("none")

def bind():
    import datetime, decimal
    db.execute("none", {"a": 1, "d": datetime.date(2024, 1, 2), "x": decimal.Decimal("1.50"), "$b": b"\x00"})
    db.execute("none", ["x", None])

def large():
    db.execute("none", ["x" * 1_000_000])

def fail():
    try:
        db.execute("nonsense")
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}: {error}"

def block():
    db.execute("block")
"#;

#[test]
fn rows_arrive_as_python_knows_the_kinds_of_their_columns() {
    let project = Project::new(MODULE);
    let expected = serde_json::json!([
        "i: 7",
        "w: 7.0",
        "d: 1.5",
        "day: datetime.datetime(2024, 1, 2, 0, 0)",
        "u: UUID('12345678-1234-5678-1234-567812345678')",
        "b: bytearray(b'\\x00\\xff')",
        "n: None",
        "list: [Decimal('2.00')]",
    ]);
    assert_eq!(project.call("kinds").unwrap(), expected);
    assert_eq!(project.call("none").unwrap(), serde_json::json!([]));
}

#[test]
fn values_are_bound_as_they_are_in_one_session_for_each_call() {
    let project = Project::new(MODULE);
    project.call("bind").unwrap();
    let bound = project.database.bound.lock().unwrap().clone();
    let named = r#"Named(Object { entries: [("a", Int(1)), ("d", Date(2024-01-02)), ("x", Number(ExactNumber("1.50"))), ("$b", Bytes([0]))] })"#;
    assert_eq!(bound, [named, r#"Positional([String("x"), Null])"#]);
    assert_eq!(*project.database.sessions.lock().unwrap(), 1);
    project.call("large").unwrap();
    assert!(project.database.bound.lock().unwrap()[2].len() > 1_000_000);
}

#[test]
fn what_the_database_says_is_the_text_of_the_exception() {
    let project = Project::new(MODULE);
    let text = project.call("fail").unwrap().to_string();
    assert!(text.contains("Parser Error: nonsense"), "{text}");
}

#[test]
fn taking_a_call_back_interrupts_its_query_and_leaves_the_process_as_it_is() {
    let project = Project::new(MODULE);
    let blocked = project.database.blocked();
    let request = request("block", "{}");
    let cancel = request.scope.cancel.clone();
    let workers = Arc::clone(&project.workers);
    let call = project.runtime.spawn(async move { workers.call(request).await });
    blocked.recv_timeout(LONG).unwrap();
    cancel.cancel();
    let outcome = project.runtime.block_on(call).unwrap();
    assert!(matches!(outcome, Err(PythonError::Cancelled)), "{outcome:?}");
    assert_eq!(project.call("none").unwrap(), serde_json::json!([]));
}

#[test]
fn a_timeout_ends_a_call_that_waits_for_the_database() {
    let project = Project::new(MODULE);
    let mut request = request("block", "{}");
    request.timeout = Some(Duration::from_millis(50));
    let error = project.value(request).unwrap_err();
    assert!(matches!(error, PythonError::TimedOut(_)), "{error:?}");
}
