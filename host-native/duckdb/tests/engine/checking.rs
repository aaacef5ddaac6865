//! Checking without running.

use mxcp_core::value::Value;

use crate::support::Database;

#[tokio::test]
async fn a_good_source_has_its_parameters_and_no_findings() {
    let database = Database::new();
    let check = database.check("SELECT $b + $a, '$c', \"x\" -- $d\n FROM (SELECT 1 AS x) WHERE $a > 1").await;
    assert!(check.findings.is_empty(), "{:?}", check.findings);
    assert_eq!(check.parameters, ["a", "b"]);
    assert_eq!(check.statements, 1);
}

#[tokio::test]
async fn nothing_is_executed() {
    let database = Database::new();
    database.rows("CREATE TABLE t (i INTEGER)").await;
    let check = database
        .check("SELECT * FROM t; DROP TABLE t; CREATE TABLE u (i INTEGER); INSERT INTO t VALUES ($n)")
        .await;
    assert!(check.findings.is_empty(), "{:?}", check.findings);
    assert_eq!((check.statements, check.parameters), (4, vec!["n".to_owned()]));
    assert_eq!(database.value("SELECT count(*) FROM t").await, Value::Int(0));
    assert_eq!(database.value("SELECT count(*) FROM duckdb_tables()").await, Value::Int(1));
}

#[tokio::test]
async fn definitions_and_settings_are_good_sources() {
    let database = Database::new();
    for source in [
        "CREATE TABLE t (i INTEGER)",
        "SET threads = 1",
        "PRAGMA database_size",
        "BEGIN",
        "ATTACH ':memory:' AS m",
    ] {
        let check = database.check(source).await;
        assert!(check.findings.is_empty(), "{source}: {:?}", check.findings);
    }
    assert_eq!(
        database.value("SELECT count(*) FROM duckdb_databases() WHERE database_name = 'm'").await,
        Value::Int(0)
    );
}

#[tokio::test]
async fn findings_point_into_the_text() {
    let database = Database::new();
    database.rows("CREATE TABLE t (i INTEGER)").await;
    for (source, message, at) in [
        ("SELECT 1\nFORM t", "Parser Error: syntax error at or near \"t\"", "t"),
        ("SELECT i FROM t WHERE\n  ä = 1", "Binder Error: Referenced column \"ä\" not found", "ä = 1"),
        (
            "SELECT 1; SELECT * FROM missing",
            "Catalog Error: Table with name missing does not exist",
            "missing",
        ),
        ("SELECT nope($x)", "Catalog Error: Scalar Function with name nope does not exist", "nope"),
    ] {
        let check = database.check(source).await;
        assert_eq!(check.findings.len(), 1, "{source}: {:?}", check.findings);
        let finding = &check.findings[0];
        assert!(finding.message.starts_with(message), "{source}: {}", finding.message);
        let rest = finding.offset.map(|offset| &source[offset..]);
        assert!(rest.is_some_and(|rest| rest.starts_with(at)), "{source}: {rest:?} {}", finding.message);
    }
}

#[tokio::test]
async fn all_statements_are_reported() {
    let database = Database::new();
    let check = database.check("SELECT * FROM one; SELECT $p FROM two").await;
    let messages: Vec<_> =
        check.findings.iter().map(|finding| finding.message.lines().next().unwrap()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("one") && messages[1].contains("two"), "{messages:?}");
    assert_eq!(check.parameters, ["p"]);
}

#[tokio::test]
async fn what_an_earlier_statement_makes_is_not_missed() {
    let database = Database::new();
    let check = database.check("CREATE TEMP TABLE made AS SELECT 1 AS i; SELECT i, $p FROM made").await;
    assert!(check.findings.is_empty(), "{:?}", check.findings);
    assert_eq!((check.statements, check.parameters), (2, vec!["p".to_owned()]));
    let check = database.check("CREATE TEMP TABLE made AS SELECT 1 AS i; SELECT FROM WHERE").await;
    assert_eq!(check.findings.len(), 1);
    let check = database.check("CREATE TABLE t AS SELECT 'a' AS k; PIVOT t ON k").await;
    assert!(check.findings.is_empty(), "{:?}", check.findings);
}

#[tokio::test]
async fn statements_that_define_nothing_hide_no_findings() {
    let database = Database::new();
    for source in [
        "SET threads=1; SELECT * FROM nowhere",
        "BEGIN; INSERT INTO nowhere VALUES (1); COMMIT",
        "SET VARIABLE a=1; SELECT nowhere(1)",
        "CREATE TEMP TABLE made (i INTEGER); SELECT nowhere(1)",
        "CREATE TABLE IF NOT EXISTS made (i INTEGER); SELECT * FROM nowhere",
    ] {
        let check = database.check(source).await;
        assert_eq!(check.findings.len(), 1, "{source}: {:?}", check.findings);
        assert!(check.findings[0].message.contains("name nowhere"), "{source}: {:?}", check.findings);
    }
}

#[tokio::test]
async fn what_only_running_can_tell_is_no_finding() {
    let database = Database::new();
    let file = database.path().with_extension("csv").display().to_string();
    for source in [
        format!("COPY (SELECT 1 AS a) TO '{file}'; SELECT * FROM read_csv('{file}')"),
        format!("CREATE TABLE t AS SELECT 1 AS a; COPY t TO '{file}'; SELECT * FROM read_csv('{file}')"),
        "SET VARIABLE v = {'i': 1}; SELECT getvariable('v').i".to_owned(),
        "CREATE SCHEMA s; CREATE TABLE s.t (i INTEGER); USE s; SELECT * FROM t".to_owned(),
        "CREATE MACRO twice(x) AS x * 2; BEGIN; SELECT Twice(1)".to_owned(),
    ] {
        let check = database.check(&source).await;
        assert!(check.findings.is_empty(), "{source}: {:?}", check.findings);
    }
}

#[tokio::test]
async fn parameters_before_the_last_statement_are_found() {
    let database = Database::new();
    for (source, at) in [
        ("CREATE TEMP TABLE t AS SELECT $v AS i; SELECT $v AS v, i FROM t;", "$v AS i"),
        ("SELECT '$a', $b; SELECT 1", "$b;"),
        ("SELECT 1; SELECT ?; SELECT 1", "SELECT ?"),
    ] {
        let check = database.check(source).await;
        let [finding] = check.findings.as_slice() else { panic!("{source}: {:?}", check.findings) };
        assert!(finding.message.contains("only supported for the last statement"), "{}", finding.message);
        assert!(source[finding.offset.unwrap()..].starts_with(at), "{source}: {finding:?}");
    }
}

#[tokio::test]
async fn parameters_of_a_source_that_does_not_parse_are_told_all_the_same() {
    let database = Database::new();
    let check = database.check("SELECT $b, $a FROM WHERE '$c'").await;
    assert_eq!((check.findings.len(), check.parameters), (1, vec!["a".to_owned(), "b".to_owned()]));
}

#[tokio::test]
async fn a_check_leaves_messages_of_the_connection_as_they_are() {
    let database = Database::with(|options| options.connections = 1);
    assert_eq!(database.check("SELECT * FROM missing").await.findings.len(), 1);
    let message = database.refusal("SELECT * FROM missing", mxcp_core::value::Object::new()).await;
    assert!(message.starts_with("Catalog Error") && message.contains("LINE 1"), "{message}");
}
