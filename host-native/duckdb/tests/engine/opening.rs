//! Opening files (spec `duckdb.md` sections 1, 2 and 4).

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use mxcp_core::site::Extension;
use mxcp_core::value::{Object, Value};
use mxcp_duckdb::{Engine, Options};
use mxcp_runtime::ports::SqlError;

use crate::support::{Database, request, sql};

fn unavailable(outcome: Result<(), SqlError>) -> String {
    match outcome {
        Err(SqlError::Unavailable { message }) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_opened_before_the_first_use() {
    let database =
        Database::with(|options| options.path = options.path.with_file_name("new/folders/test.duckdb"));
    let path = database.path().with_file_name("new/folders/test.duckdb");
    assert!(!path.parent().unwrap().exists());
    database.engine.open().await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn what_was_written_is_there_after_closing_and_dropping() {
    let database = Database::new();
    database.rows("CREATE TABLE t AS SELECT 1 AS i").await;
    database.engine.close().await;
    for next in [2, 3] {
        let again = Engine::new(Options::new(database.path()));
        let source = sql(&format!("INSERT INTO t VALUES ({next}); SELECT count(*) AS n FROM t"));
        let rows =
            mxcp_runtime::ports::SqlEngine::execute(&again, request(&source, Object::new())).await.unwrap();
        assert_eq!(crate::support::only(rows.rows), Value::Int(next));
    }
}

#[tokio::test]
async fn readonly_refuses_changes_and_makes_a_missing_file_first() {
    let database = Database::with(|options| options.readonly = true);
    assert_eq!(database.value("SELECT 1").await, Value::Int(1));
    assert!(database.path().exists());
    for source in ["CREATE TABLE t (i INTEGER)", "SELECT 1; CREATE TABLE t (i INTEGER)"] {
        let message = database.refusal(source, Object::new()).await;
        assert!(message.contains("Cannot execute statement of type \"CREATE\""), "{message}");
        assert!(message.contains("read-only mode"), "{message}");
    }
}

#[tokio::test]
async fn databases_in_memory_are_refused() {
    let engine = Engine::new(Options::new(":memory:"));
    let expected = "In-memory databases (:memory:) are not supported. Please use a file-based database.";
    assert_eq!(unavailable(engine.open().await), expected);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    for content in [&b"not a database"[..], &[7; 20_000]] {
        let database = Database::new();
        std::fs::write(database.path(), content).unwrap();
        let message = unavailable(database.engine.open().await);
        assert!(message.contains(database.path().to_str().unwrap()), "{message}");
    }
}

#[tokio::test]
async fn a_failure_to_open_is_tried_again() {
    let database = Database::new();
    std::fs::write(database.path(), "not a database").unwrap();
    unavailable(database.engine.open().await);
    std::fs::remove_file(database.path()).unwrap();
    assert_eq!(database.value("SELECT 1").await, Value::Int(1));
}

#[tokio::test]
async fn a_file_that_another_process_holds_names_the_process() {
    let database = Database::new();
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "opening::holds_a_file", "--ignored", "--nocapture"])
        .env("HOLD", database.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(other.stdout.take().unwrap()).lines();
    assert!(output.any(|line| line.unwrap().contains("holding")));
    let message = unavailable(database.engine.open().await);
    drop(other.stdin.take());
    other.wait().unwrap();
    let expected = format!("IO Error: Could not set lock on file \"{}\"", database.path().display());
    assert!(message.starts_with(&expected), "{message}");
    assert!(message.contains(&format!("Stop process {}", other.id())), "{message}");
    database.engine.open().await.unwrap();
}

/// The other process of the test above.
#[tokio::test]
#[ignore = "a process of its own holds the file"]
async fn holds_a_file() {
    let Some(path) = std::env::var_os("HOLD") else {
        return;
    };
    let engine = Engine::new(Options::new(path));
    engine.open().await.unwrap();
    println!("holding");
    std::io::stdin().lines().for_each(drop);
}

#[tokio::test]
async fn a_file_that_this_process_holds_is_not_opened_twice() {
    let database = Database::new();
    database.engine.open().await.unwrap();
    let other = Engine::new(Options::new(database.path()));
    assert!(unavailable(other.open().await).contains("this process has it open already"));
    database.engine.close().await;
    other.open().await.unwrap();
}

#[tokio::test]
async fn extensions_are_loaded_and_their_absence_is_told() {
    let extension = |name: &str| Extension { name: name.to_owned(), repository: None };
    let database = Database::with(|options| options.extensions = vec![extension("json"), extension("icu")]);
    assert_eq!(database.value("SELECT json_array_length('[1, 2]')").await, Value::Int(2));
    let database = Database::with(|options| options.extensions = vec![extension("json'; DROP TABLE x; --")]);
    assert!(unavailable(database.engine.open().await).contains("is no name"));
}

#[tokio::test]
async fn an_extension_that_can_not_be_had_is_told_in_few_words_and_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let extensions = vec![Extension { name: "no_such_extension".to_owned(), repository: None }];
    let database = Database::with(|options| {
        options.extensions = extensions;
        options.extension_folder = Some(folder.path().to_owned());
    });
    let message = unavailable(database.engine.open().await);
    assert!(message.starts_with("can't install the extension `no_such_extension`: "), "{message}");
    let file = folder.path().join("no_such_extension.duckdb_extension");
    assert!(message.contains(file.to_str().unwrap()), "{message}");
    assert_eq!(message.lines().count(), 2, "{message}");
}

#[tokio::test]
async fn a_file_in_the_folder_of_extensions_is_the_one_that_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("h3.duckdb_extension"), "no extension").unwrap();
    let database = Database::with(|options| {
        options.extensions = vec![Extension { name: "h3".to_owned(), repository: None }];
        options.extension_folder = Some(folder.path().to_owned());
    });
    let message = unavailable(database.engine.open().await);
    assert!(message.starts_with("can't load the extension `h3`: "), "{message}");
    assert!(message.contains("h3.duckdb_extension"), "{message}");
}
