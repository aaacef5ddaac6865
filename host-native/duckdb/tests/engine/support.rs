//! A database in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mxcp_core::call::Principal;
use mxcp_core::definition::{SqlOrigin, SqlText};
use mxcp_core::registry::Rows;
use mxcp_core::source::SourceFile;
use mxcp_core::value::{Object, Value};
use mxcp_duckdb::{Engine, Options};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{SqlCheck, SqlEngine as _, SqlError, SqlRequest};
use tempfile::TempDir;

/// Far more than anything here takes, so that a defect fails instead of hanging.
const DEADLINE: Duration = Duration::from_secs(60);

/// An engine on a new file.
pub(crate) struct Database {
    pub(crate) engine: Engine,
    folder: TempDir,
}

impl Database {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other options than the usual.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(folder.path().join("test.duckdb"));
        change(&mut options);
        Self { engine: Engine::new(options), folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("test.duckdb")
    }

    pub(crate) async fn run(&self, request: SqlRequest) -> Result<Rows, SqlError> {
        tokio::time::timeout(DEADLINE, self.engine.execute(request)).await.expect("the query hangs")
    }

    pub(crate) async fn execute(&self, text: &str, arguments: Object) -> Result<Rows, SqlError> {
        self.run(request(&sql(text), arguments)).await
    }

    /// The rows of a query without parameters.
    pub(crate) async fn rows(&self, text: &str) -> Vec<Object> {
        self.execute(text, Object::new()).await.unwrap_or_else(|error| panic!("{error}\n{text}")).rows
    }

    /// The only value of a query without parameters.
    pub(crate) async fn value(&self, text: &str) -> Value {
        only(self.rows(text).await)
    }

    /// DuckDB's message about a query that it refuses.
    pub(crate) async fn refusal(&self, text: &str, arguments: Object) -> String {
        match self.execute(text, arguments).await {
            Err(SqlError::Rejected(message)) => message,
            other => panic!("{text}: {other:?}"),
        }
    }

    pub(crate) async fn check(&self, text: &str) -> SqlCheck {
        self.engine.check(sql(text)).await.unwrap()
    }
}

/// Who calls: a user of this name, in a call of its own.
pub(crate) fn scope(name: &str) -> Arc<CallScope> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let number = CALLS.fetch_add(1, Ordering::Relaxed);
    let user = Principal::from_context(json(&format!(r#"{{"username": "{name}"}}"#)), "cli").unwrap();
    let scope = CallScope::of_host(&format!("call-{number}"), "cli");
    Arc::new(CallScope { principal: Some(Arc::new(user)), ..scope })
}

/// The first value of the only row.
pub(crate) fn only(rows: Vec<Object>) -> Value {
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.into_iter().flatten().next().unwrap().1
}

pub(crate) fn sql(text: &str) -> Arc<SqlText> {
    let origin = SqlOrigin::File(SourceFile::new("sql/test.sql", text));
    Arc::new(SqlText { text: text.to_owned(), origin, parameters_declared: true })
}

pub(crate) fn request(source: &Arc<SqlText>, arguments: Object) -> SqlRequest {
    SqlRequest {
        source: Arc::clone(source),
        arguments: arguments.into(),
        row_tests: Vec::new(),
        scope: Arc::new(CallScope::of_host("test", "cli")),
        timeout: None,
    }
}

pub(crate) fn json(text: &str) -> Value {
    Value::parse_json(text).unwrap()
}

/// One argument.
pub(crate) fn argument(name: &str, value: Value) -> Object {
    [(name, value)].into_iter().collect()
}
