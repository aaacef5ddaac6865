use std::sync::Arc;

use mxcp_core::definition::SqlOrigin;
use mxcp_core::source::SourceFile;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{Column, Results, SqlParameters, SqlType};
use tempfile::TempDir;

use super::*;
use crate::control::Control;
use crate::session::Source;
use crate::store::Store;

fn options() -> (TempDir, Options) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(folder.path().join("test.duckdb"));
    (folder, options)
}

fn sql(text: &str) -> Arc<SqlText> {
    let origin = SqlOrigin::File(SourceFile::new("sql/test.sql", text));
    Arc::new(SqlText { text: text.to_owned(), origin, parameters_declared: true })
}

fn request(source: &Arc<SqlText>, arguments: Object) -> SqlRequest {
    SqlRequest {
        source: Arc::clone(source),
        arguments: arguments.into(),
        row_tests: Vec::new(),
        scope: Arc::new(CallScope::of_host("test", "cli")),
        timeout: None,
    }
}

#[test]
fn kept_statements_are_bounded_and_go_with_their_texts() {
    let (_folder, options) = options();
    let mut session = Arc::new(Store::new(options)).connect(|| {}).unwrap();
    let scope = Arc::new(CallScope::of_host("test", "cli"));
    let mut execute = |source: &Arc<SqlText>| {
        let source = Source::Project(source);
        session.execute(source, &Object::new(), &scope, &Control::default()).unwrap();
        session.cached()
    };
    for number in 0..1_000 {
        let kept = execute(&sql(&format!("SELECT {number}")));
        assert!(kept <= 1, "the text of {number} is gone, {kept} are kept");
    }
    let texts: Vec<_> = (0..300).map(|number| sql(&format!("SELECT {number}"))).collect();
    let kept = texts.iter().map(execute).max();
    assert_eq!(kept, Some(256));
}

#[test]
fn statements_of_programs_are_kept_by_their_texts_and_bounded() {
    let (_folder, options) = options();
    let mut session = Arc::new(Store::new(options)).connect(|| {}).unwrap();
    let scope = Arc::new(CallScope::of_host("test", "cli"));
    let mut execute = |text: &str| {
        session.execute(Source::Program(text), &Object::new(), &scope, &Control::default()).unwrap();
        session.cached()
    };
    assert_eq!(execute(&format!("SELECT '{}'", "x".repeat(20_000))), 0, "so long a text is not worth it");
    assert_eq!((execute("SELECT 1"), execute("SELECT 1"), execute("SELECT 2")), (1, 1, 2));
    assert_eq!(execute("CREATE TABLE t (i INTEGER)"), 2, "a definition is hardly made twice");
    assert_eq!(execute("BEGIN"), 2);
    assert_eq!(execute("INSERT INTO t VALUES (1)"), 3);
    let kept = (0..300).map(|number| execute(&format!("SELECT {number}"))).max();
    assert_eq!(kept, Some(256));
}

#[tokio::test]
async fn a_broken_database_is_opened_anew() {
    let (_folder, options) = options();
    let engine = Engine::new(options);
    let source = sql("SELECT count(*) AS n FROM range($n)");
    let run = || engine.execute(request(&source, [("n", Value::Int(3))].into_iter().collect()));
    for _ in 0..20 {
        // Several connections: some idle by the time it happens, some about to be.
        let (one, two, three) = tokio::join!(run(), run(), run());
        assert!(one.is_ok() && two.is_ok() && three.is_ok());
        engine.stock.store().broken(engine.stock.store().generation());
    }
}

#[derive(Debug)]
struct Seven;

impl SqlFunction for Seven {
    fn name(&self) -> &str {
        "seven"
    }

    fn parameters(&self) -> &[SqlType] {
        &[]
    }

    fn returns(&self) -> &SqlType {
        &SqlType::Integer
    }

    fn evaluate(&self, _: &[Column<'_>], rows: usize, _: &Arc<CallScope>) -> Result<Results, String> {
        Ok(Results::Integers(vec![Some(7); rows]))
    }
}

#[tokio::test]
async fn a_database_that_is_opened_anew_has_the_functions_and_new_connections_for_sessions() {
    let (_folder, options) = options();
    let engine = Engine::new(options);
    engine.define(vec![Arc::new(Seven)]).await.unwrap();
    let session = engine.session(Arc::new(CallScope::of_host("test", "cli")));
    for _ in 0..5 {
        let table = session.execute("SELECT seven()", &SqlParameters::Positional(Vec::new())).unwrap();
        assert_eq!(table.rows.rows.len(), 1);
        engine.stock.store().broken(engine.stock.store().generation());
    }
}

#[tokio::test]
async fn an_error_in_a_later_statement_shows_its_line() {
    let (_folder, options) = options();
    let engine = Engine::new(options);
    let failure = async |text| {
        let error = engine.execute(request(&sql(text), Object::new())).await.unwrap_err();
        error.to_string()
    };
    let bound = failure("SELECT 'é;'; SELECT nope").await;
    assert!(
        bound.ends_with("\n\nLINE 1:              SELECT nope\n                            ^"),
        "{bound}"
    );
    let run = failure("SELECT 1;\n\nSELECT i::INT FROM (VALUES ('x')) t(i);\nSELECT 2").await;
    assert!(run.contains("Could not convert string 'x'") && run.contains("LINE 3: SELECT i::INT"), "{run}");
}
