//! Statements, their rows and their errors (spec `duckdb.md` section 6).

use mxcp_core::value::{Object, Value};

use crate::support::{Database, argument, only, request, sql};

#[tokio::test]
async fn changes_give_their_count_and_definitions_nothing() {
    let database = Database::new();
    let none = database.execute("CREATE TABLE t (i INTEGER)", Object::new()).await.unwrap();
    assert!(none.columns.is_empty() && none.rows.is_empty());
    for (source, count) in [
        ("INSERT INTO t VALUES (1), (2)", 2),
        ("UPDATE t SET i = i + 1", 2),
        ("DELETE FROM t WHERE i = 2", 1),
        ("CREATE TABLE u AS SELECT * FROM range(3)", 3),
    ] {
        let rows = database.rows(source).await;
        assert_eq!(rows, [argument("Count", Value::Int(count))], "{source}");
    }
    assert_eq!(database.rows("INSERT INTO t VALUES (7) RETURNING i").await, [argument("i", Value::Int(7))]);
    let empty = database.execute("SELECT i AS x FROM t WHERE false", Object::new()).await.unwrap();
    assert_eq!((&*empty.columns[0], empty.rows.len()), ("x", 0));
}

#[tokio::test]
async fn several_statements_run_in_order_and_the_last_gives_the_rows() {
    let database = Database::new();
    let source = "CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1); -- then\n SELECT i + $n AS v FROM t;";
    let rows = database.execute(source, argument("n", Value::Int(1))).await.unwrap().rows;
    assert_eq!(rows, [argument("v", Value::Int(2))]);
}

#[tokio::test]
async fn parameters_before_the_last_statement_are_refused_before_anything_runs() {
    let database = Database::new();
    let source = "CREATE TABLE t AS SELECT 1; SELECT $n; SELECT $n";
    let message = database.refusal(source, argument("n", Value::Int(1))).await;
    let expected = "Not implemented Error: Prepared parameters are only supported for the last statement";
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(database.value("SELECT count(*) FROM duckdb_tables()").await, Value::Int(0));
}

#[tokio::test]
async fn a_statement_that_needs_others_of_duckdb_runs_whole() {
    let database = Database::new();
    let source =
        "CREATE TABLE t AS SELECT * FROM (VALUES ('a', 1), ('b', 2)) v(k, n); PIVOT t ON k USING sum(n)";
    let rows = database.rows(source).await;
    assert_eq!(Value::Object(rows[0].clone()).to_json_text(), r#"{"a":1,"b":2}"#);
}

#[tokio::test]
async fn a_source_without_statements_is_refused() {
    let database = Database::new();
    for source in ["", " ;; ", "-- nothing"] {
        assert_eq!(database.refusal(source, Object::new()).await, "No statement to execute", "{source}");
    }
}

#[tokio::test]
async fn errors_have_duckdbs_text_with_the_line() {
    let database = Database::new();
    let message = database.refusal("SELECT 1 FORM t", Object::new()).await;
    assert!(message.starts_with("Parser Error: syntax error at or near \"t\""), "{message}");
    assert!(message.contains("LINE 1: SELECT 1 FORM t") && message.contains('^'), "{message}");
    let message = database.refusal("SELECT *\nFROM missing", Object::new()).await;
    assert!(message.starts_with("Catalog Error: Table with name missing does not exist"), "{message}");
    assert!(message.contains("LINE 2: FROM missing"), "{message}");
    let message = database.refusal("SELECT 'x'::INTEGER", Object::new()).await;
    assert!(message.starts_with("Conversion Error"), "{message}");
    let message = database.refusal("SELECT \0", Object::new()).await;
    assert!(message.contains("NUL"), "{message}");
}

#[tokio::test]
async fn repeated_columns_get_suffixes() {
    let database = Database::new();
    let rows = database.rows("SELECT 1 AS a, 2 AS a, 3 AS A, 1 + 1, count(*), 4").await;
    let expected = r#"{"a":1,"a_1":2,"A_2":3,"(1 + 1)":2,"count_star()":1,"4":4}"#;
    assert_eq!(Value::Object(rows[0].clone()).to_json_text(), expected);
}

#[tokio::test]
async fn a_statement_kept_from_before_sees_new_definitions() {
    let database = Database::with(|options| options.connections = 1);
    let source = sql("SELECT * FROM t");
    database.rows("CREATE TABLE t AS SELECT 1 AS a").await;
    let columns = async || {
        let rows = database.run(request(&source, Object::new())).await.unwrap();
        rows.columns.iter().map(|name| name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(columns().await, ["a"]);
    assert_eq!(columns().await, ["a"]);
    database.rows("ALTER TABLE t ADD COLUMN b INTEGER").await;
    assert_eq!(columns().await, ["a", "b"]);
    database.rows("DROP TABLE t; CREATE TABLE t AS SELECT 'x' AS c").await;
    assert_eq!(columns().await, ["c"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_run_beside_each_other() {
    let database = std::sync::Arc::new(Database::new());
    let source = sql("SELECT $n + sum(i) AS v FROM range(1000) t(i)");
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let (database, source) = (std::sync::Arc::clone(&database), std::sync::Arc::clone(&source));
            tokio::spawn(async move {
                let rows = database.run(request(&source, argument("n", Value::Int(n)))).await.unwrap().rows;
                assert_eq!(crate::support::only(rows), Value::Int(n + 499_500));
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_query_that_was_run_before_sees_what_was_written_since() {
    let database = Database::new();
    database.rows("CREATE TABLE t AS SELECT 1 AS id, 'a' AS name; SELECT 1").await;
    // DuckDB answers each of these from what it knows of the table when it plans.
    let queries = [
        ("SELECT count(*) FROM t", ["1", "2"]),
        ("SELECT max(id) FROM t", ["1", "9"]),
        ("SELECT coalesce(sum(id), 0)::INT FROM t WHERE id > 5", ["0", "9"]),
        ("SELECT coalesce(sum(id), 0)::INT FROM t WHERE name IS NULL", ["0", "9"]),
    ];
    let queries = queries.map(|(text, expected)| (sql(text), expected));
    let write = sql("INSERT INTO t VALUES (9, NULL)");
    let change = sql("UPDATE t SET name = 'b' WHERE id > 5");
    let changed = |rows: mxcp_core::registry::Rows| only(rows.rows).to_json_text();
    assert_eq!(changed(database.run(request(&change, Object::new())).await.unwrap()), "0");
    for round in 0..2 {
        for (query, expected) in &queries {
            for _ in 0..2 {
                let rows = database.run(request(query, Object::new())).await.unwrap();
                assert_eq!(only(rows.rows).to_json_text(), expected[round], "{}", query.text);
            }
        }
        if round == 0 {
            database.run(request(&write, Object::new())).await.unwrap();
        }
    }
    assert_eq!(changed(database.run(request(&change, Object::new())).await.unwrap()), "1");
}
