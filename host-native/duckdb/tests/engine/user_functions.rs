//! Functions that the project's code computes (spec `plugins.md` section 5).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, slice};

use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    Column, ColumnData, Results, SqlEngine as _, SqlError, SqlFunction, SqlParameters, SqlRequest, SqlType,
};

use crate::support::{Database, argument, json, only, request, scope, sql};

type Evaluate = dyn Fn(&[Column<'_>], usize, &Arc<CallScope>) -> Result<Results, String> + Send + Sync;

struct Function {
    name: String,
    parameters: Vec<SqlType>,
    returns: SqlType,
    evaluate: Box<Evaluate>,
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl SqlFunction for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&self) -> &[SqlType] {
        &self.parameters
    }

    fn returns(&self) -> &SqlType {
        &self.returns
    }

    fn evaluate(
        &self,
        arguments: &[Column<'_>],
        rows: usize,
        scope: &Arc<CallScope>,
    ) -> Result<Results, String> {
        (self.evaluate)(arguments, rows, scope)
    }
}

fn function(
    name: &str,
    parameters: &[SqlType],
    returns: SqlType,
    evaluate: impl Fn(&[Column<'_>], usize, &Arc<CallScope>) -> Result<Results, String> + Send + Sync + 'static,
) -> Arc<dyn SqlFunction> {
    Arc::new(Function {
        name: name.to_owned(),
        parameters: parameters.to_vec(),
        returns,
        evaluate: Box::new(evaluate),
    })
}

/// A function of one argument that gives it back.
fn echo(name: &str, kind: SqlType) -> Arc<dyn SqlFunction> {
    function(name, slice::from_ref(&kind), kind.clone(), |arguments, _, _| {
        Ok(Results::Values(values(&arguments[0])))
    })
}

/// A function without arguments that gives a value.
fn gives(name: &str, returns: SqlType, value: Value) -> Arc<dyn SqlFunction> {
    function(name, &[], returns, move |_, rows, _| Ok(Results::Values(vec![value.clone(); rows])))
}

/// The values of a column, null where there is none.
fn values(column: &Column<'_>) -> Vec<Value> {
    let all: Vec<Value> = match &column.data {
        ColumnData::Booleans(items) => items.iter().map(|item| Value::Bool(*item)).collect(),
        ColumnData::Integers(items) => items.iter().map(|item| Value::Int((*item).into())).collect(),
        ColumnData::Doubles(items) => items.iter().map(|item| Value::float(*item)).collect(),
        ColumnData::Texts(items) => items.iter().map(|item| Value::string(*item)).collect(),
        ColumnData::Values(items) => items.clone(),
    };
    let valid = |(row, value)| if column.is_valid(row) { value } else { Value::Null };
    all.into_iter().enumerate().map(valid).collect()
}

fn user(scope: &CallScope) -> String {
    scope.principal.as_ref().map_or("nobody".to_owned(), |principal| principal.username.clone())
}

/// `who(i)` is the name of the user, for every row.
fn who() -> Arc<dyn SqlFunction> {
    function("who", &[SqlType::Integer], SqlType::Varchar, |_, rows, scope| {
        Ok(Results::Texts(vec![Some(user(scope)); rows]))
    })
}

async fn database(functions: Vec<Arc<dyn SqlFunction>>) -> Database {
    let database = Database::new();
    database.engine.define(functions).await.unwrap();
    database
}

async fn text(database: &Database, query: &str) -> String {
    database.value(query).await.to_json_text()
}

fn of(name: &str, text: &str) -> SqlRequest {
    let mut request = request(&sql(text), Object::new());
    request.scope = scope(name);
    request
}

fn struct_of(fields: &[(&str, SqlType)]) -> SqlType {
    SqlType::Struct(fields.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect())
}

fn list(item: SqlType) -> SqlType {
    SqlType::List(Box::new(item))
}

fn map(key: SqlType, value: SqlType) -> SqlType {
    SqlType::Map(Box::new(key), Box::new(value))
}

/// A type, and values of it.
fn every_type() -> Vec<(SqlType, &'static [&'static str])> {
    vec![
        (SqlType::Boolean, &["true", "false"]),
        (SqlType::Integer, &["1", "(-2147483648)::INTEGER", "2147483647"]),
        (SqlType::Double, &["1.5::DOUBLE", "-0.1::DOUBLE"]),
        (SqlType::Varchar, &["''", "'ä'", "'a text of more than twelve bytes'"]),
        (SqlType::Blob, &["'\\x00\\xFF'::BLOB"]),
        (SqlType::Decimal, &["1.500::DECIMAL(18,3)", "-123456789012345.678::DECIMAL(18,3)"]),
        (SqlType::Date, &["DATE '2024-02-29'", "DATE '1900-01-01'", "'infinity'::DATE"]),
        (SqlType::Time, &["TIME '23:59:59.999999'"]),
        (SqlType::Timestamp, &["TIMESTAMP '2024-02-29 01:02:03.000004'", "TIMESTAMP '1900-01-01'"]),
        (SqlType::Interval, &["INTERVAL '1 month 2 days 3 seconds'"]),
        (SqlType::Uuid, &["'00000000-0000-0000-0000-000000000001'::UUID"]),
        (list(SqlType::Integer), &["[1, NULL, 3]", "[]::INTEGER[]"]),
        (list(list(SqlType::Varchar)), &["[['a'], [], NULL, ['b', NULL]]"]),
        (map(SqlType::Varchar, SqlType::Double), &["MAP {'a': 1.5::DOUBLE, 'b': NULL}"]),
        (map(SqlType::Integer, list(SqlType::Date)), &["MAP {1: [DATE '2024-01-01'], 2: NULL, 3: []}"]),
        (
            struct_of(&[("a", SqlType::Integer), ("b", list(SqlType::Varchar))]),
            &["{'a': 1, 'b': ['x', NULL]}", "{'a': NULL::INTEGER, 'b': NULL::VARCHAR[]}"],
        ),
        (
            list(struct_of(&[("u", SqlType::Uuid)])),
            &["[{'u': '00000000-0000-0000-0000-000000000001'::UUID}, NULL]"],
        ),
    ]
}

#[tokio::test]
async fn values_of_every_type_go_in_and_come_out_as_they_are() {
    let kinds = every_type();
    let name = |index| format!("echo_{index}");
    let functions =
        kinds.iter().enumerate().map(|(index, (kind, _))| echo(&name(index), kind.clone())).collect();
    let database = database(functions).await;
    for (index, (kind, values)) in kinds.iter().enumerate() {
        for value in *values {
            // Several rows, some of them NULL, over more than one chunk.
            let query = format!(
                "SELECT count(*) FROM (SELECT CASE WHEN i % 3 <> 1 THEN {value} END AS v FROM range(5000) t(i))
                WHERE {}(v) IS NOT DISTINCT FROM v AND typeof({}(v)) = typeof(v)",
                name(index), name(index),
            );
            assert_eq!(database.value(&query).await, Value::Int(5_000), "{kind:?} {value}");
        }
    }
}

#[tokio::test]
async fn columns_of_numbers_and_texts_are_not_made_into_values() {
    let add = function(
        "add_all",
        &[SqlType::Integer, SqlType::Double, SqlType::Boolean],
        SqlType::Double,
        |columns, rows, _| {
            let [integers, doubles, booleans] = columns else { panic!("three arguments") };
            let (ColumnData::Integers(one), ColumnData::Doubles(two), ColumnData::Booleans(three)) =
                (&integers.data, &doubles.data, &booleans.data)
            else {
                panic!("{columns:?}")
            };
            let sum = |row: usize| {
                let valid = integers.is_valid(row) && doubles.is_valid(row) && booleans.is_valid(row);
                valid.then(|| f64::from(one[row]) + two[row] + f64::from(u8::from(three[row])))
            };
            Ok(Results::Doubles((0..rows).map(sum).collect()))
        },
    );
    let shout = function("shout", &[SqlType::Varchar], SqlType::Varchar, |columns, rows, _| {
        let ColumnData::Texts(texts) = &columns[0].data else { panic!("{columns:?}") };
        Ok(Results::Texts(
            (0..rows).map(|row| columns[0].is_valid(row).then(|| texts[row].to_uppercase())).collect(),
        ))
    });
    let database = database(vec![add, shout]).await;
    let query = "SELECT sum(add_all(i::INTEGER, i / 2, i % 2 = 0)) AS s, count(add_all(CASE WHEN i > 5 THEN 1 END, 1, true)) AS n,
        max(shout('é' || i)) AS t, count(shout(NULL)) AS z FROM range(4000) t(i)";
    let rows = database.rows(query).await;
    assert_eq!(
        Value::Object(rows[0].clone()).to_json_text(),
        r#"{"s":11999000.0,"n":3994,"t":"É999","z":0}"#
    );
}

#[tokio::test]
async fn results_are_cast_to_the_declared_type() {
    let moment = Value::DateTime("2024-01-02T03:04:05".parse().unwrap());
    let cases = [
        (SqlType::Integer, json("\"5\""), "5"),
        (SqlType::Integer, json("5.0"), "5"),
        (SqlType::Integer, json("true"), "1"),
        (SqlType::Double, json("5"), "5.0"),
        (SqlType::Double, json("\"1e3\""), "1000.0"),
        (SqlType::Boolean, json("\"yes\""), "true"),
        (SqlType::Boolean, json("0"), "false"),
        (SqlType::Varchar, json("5"), "\"5\""),
        (SqlType::Varchar, json("[1, 2]"), "\"[1, 2]\""),
        (SqlType::Varchar, moment.clone(), "\"2024-01-02 03:04:05\""),
        (SqlType::Decimal, json("\"1.50\""), "1.500"),
        (SqlType::Decimal, json("7"), "7.000"),
        (SqlType::Date, json("\"2024-01-02\""), "\"2024-01-02\""),
        (SqlType::Date, moment, "\"2024-01-02\""),
        (SqlType::Timestamp, Value::Date("2024-01-02".parse().unwrap()), "\"2024-01-02T00:00:00\""),
        (
            SqlType::Uuid,
            json("\"00000000-0000-0000-0000-00000000000A\""),
            "\"00000000-0000-0000-0000-00000000000a\"",
        ),
        (list(SqlType::Integer), json("[1, \"2\", null]"), "[1,2,null]"),
        (map(SqlType::Integer, SqlType::Varchar), json("{\"1\": 2}"), "{\"1\":\"2\"}"),
        (
            struct_of(&[("a", SqlType::Integer), ("b", SqlType::Varchar)]),
            json("{\"b\": 1}"),
            "{\"a\":null,\"b\":\"1\"}",
        ),
        (struct_of(&[("a", SqlType::Integer)]), json("[\"3\"]"), "{\"a\":3}"),
    ];
    for (number, (kind, value, expected)) in cases.into_iter().enumerate() {
        let name = format!("f{number}");
        let shown = format!("{kind:?} {value:?}");
        let database = database(vec![gives(&name, kind, value)]).await;
        assert_eq!(text(&database, &format!("SELECT {name}()")).await, expected, "{shown}");
    }
}

#[tokio::test]
async fn results_that_can_not_be_cast_fail_the_query() {
    let cases = [
        (SqlType::Integer, "\"notint\"", "Could not convert string 'notint' to INT32"),
        (SqlType::Integer, "1099511627776", "Value out of range for type INT"),
        (SqlType::Integer, "1e300", "Value out of range for type INT"),
        (SqlType::Integer, "[1]", "Unable to transform a value of type list to INTEGER"),
        (SqlType::Date, "\"yesterday\"", "Could not convert string 'yesterday' to DATE"),
        (SqlType::Decimal, "1e30", "Value out of range for type DECIMAL(18,3)"),
        (list(SqlType::Integer), "5", "Unable to transform a value of type number to INTEGER[]"),
        (list(SqlType::Integer), "[[1]]", "Unable to transform a value of type list to INTEGER"),
        (
            map(SqlType::Integer, SqlType::Integer),
            "{\"1\": 1, \"1\": 2, \"x\": 1}",
            "Map keys must be unique.",
        ),
        (
            map(SqlType::Integer, SqlType::Integer),
            "[{\"key\": null, \"value\": 1}]",
            "Map keys can not be NULL.",
        ),
        (
            struct_of(&[("a", SqlType::Integer)]),
            "{\"a\": 1, \"c\": 2}",
            "element \"c\" was not found in STRUCT(a INTEGER)",
        ),
    ];
    for (kind, value, expected) in cases {
        let value = if value.starts_with("{\"1\"") { repeated_keys() } else { json(value) };
        let database = database(vec![gives("f", kind, value)]).await;
        let message = database.refusal("SELECT f()", Object::new()).await;
        assert!(message.starts_with("Invalid Input Error: ") && message.contains(expected), "{message}");
        assert!(!message.contains("Python exception"), "{message}");
    }
}

fn repeated_keys() -> Value {
    let entry = || json("{\"key\": 1, \"value\": 1}");
    Value::Array(vec![entry(), entry()])
}

#[tokio::test]
async fn a_failing_function_fails_the_query_with_its_text() {
    let fails = function("fails", &[SqlType::Integer], SqlType::Integer, |_, _, _| {
        Err("ValueError: no\0good ä".to_owned())
    });
    let panics = function("panics", &[], SqlType::Integer, |_, _, _| panic!("never mind"));
    let short =
        function("short", &[SqlType::Integer], SqlType::Integer, |_, _, _| Ok(Results::Integers(vec![None])));
    let database = database(vec![fails, panics, short]).await;
    let expected = "Invalid Input Error: ValueError: no good ä";
    for query in ["SELECT fails(i::INTEGER) FROM range(3) t(i)", "SELECT fails(1)"] {
        assert_eq!(database.refusal(query, Object::new()).await, expected);
    }
    assert!(
        database
            .refusal("SELECT panics()", Object::new())
            .await
            .contains("the function panicked: never mind")
    );
    let message = database.refusal("SELECT short(i::INTEGER) FROM range(3) t(i)", Object::new()).await;
    assert!(message.contains("1 results for 3 rows"), "{message}");
    // The database is as well as before.
    assert_eq!(database.value("SELECT 1").await, Value::Int(1));
}

#[tokio::test]
async fn arguments_are_bound_as_declared_types_are() {
    let database = database(vec![
        echo("f_int", SqlType::Integer),
        echo("f_text", SqlType::Varchar),
        echo("f_double", SqlType::Double),
        echo("g_a-b", SqlType::Integer),
    ])
    .await;
    for query in [
        "SELECT f_int(5)",
        "SELECT f_int('5')",
        "SELECT f_int(5::SMALLINT)",
        "SELECT F_INT(5)",
        "SELECT \"g_a-b\"(5)",
    ] {
        assert_eq!(text(&database, query).await, "5", "{query}");
    }
    assert_eq!(text(&database, "SELECT f_double(5)").await, "5.0");
    let refused = "No function matches the given name and argument types 'f_int(BIGINT)'";
    let message = database.refusal("SELECT f_int(5::BIGINT)", Object::new()).await;
    assert!(message.starts_with("Binder Error: ") && message.contains(refused), "{message}");
    for query in ["SELECT f_text(5)", "SELECT f_int(1.5)", "SELECT f_int()", "SELECT f_int(1, 2)"] {
        assert!(database.refusal(query, Object::new()).await.starts_with("Binder Error: "), "{query}");
    }
}

#[tokio::test]
async fn names_that_differ_in_capitals_only_collide() {
    let database = Database::new();
    let unavailable = async |functions| match database.engine.define(functions).await {
        Err(SqlError::Unavailable { message }) => message,
        other => panic!("{other:?}"),
    };
    let one = |name| echo(name, SqlType::Integer);
    assert!(unavailable(vec![one("f_list"), one("f_List")]).await.contains("`f_List` is defined already"));
    // All or none.
    assert!(database.refusal("SELECT f_list(1)", Object::new()).await.starts_with("Catalog Error"));
    // Nobody passes for the functions that tell who asks.
    for own in ["get_Username", "get_request_header", "log_message"] {
        assert!(unavailable(vec![one(own)]).await.contains(&format!("`{own}` is defined already")));
    }
    database.engine.define(vec![one("f")]).await.unwrap();
    assert!(unavailable(vec![one("F")]).await.contains("`F` is defined already"));
}

#[tokio::test]
async fn functions_last_until_the_release() {
    let database = database(vec![echo("f", SqlType::Integer)]).await;
    assert_eq!(database.value("SELECT f(1)").await, Value::Int(1));
    database.engine.release().await.unwrap();
    assert!(database.refusal("SELECT f(1)", Object::new()).await.starts_with("Catalog Error"));
    database.engine.define(vec![gives("f", SqlType::Integer, Value::Int(2))]).await.unwrap();
    assert_eq!(database.value("SELECT f()").await, Value::Int(2));
}

/// A function that tells how often it was called, for how many rows in all.
fn counting(rows: &Arc<AtomicUsize>) -> Arc<dyn SqlFunction> {
    let rows = Arc::clone(rows);
    function("counts", &[SqlType::Integer], SqlType::Integer, move |_, count, _| {
        let before = rows.fetch_add(count, Ordering::SeqCst);
        Ok(Results::Integers(vec![Some(i32::try_from(before).unwrap()); count]))
    })
}

#[tokio::test]
async fn constant_arguments_are_computed_once_for_each_query() {
    let rows = Arc::<AtomicUsize>::default();
    let database = Database::with(|options| options.connections = 1);
    database.engine.define(vec![counting(&rows)]).await.unwrap();
    database.rows("CREATE TABLE t AS SELECT range::INTEGER AS i FROM range(10000)").await;
    // The same text each time, so that a plan kept from before would be used.
    let source = sql("SELECT counts(7) AS n FROM t LIMIT 1");
    for round in 0..4 {
        let found = only(database.run(request(&source, Object::new())).await.unwrap().rows);
        assert_eq!(
            (found, rows.load(Ordering::SeqCst)),
            (Value::Int(round), usize::try_from(round + 1).unwrap())
        );
    }
    let session = database.engine.session(scope("ann"));
    for round in 4..8 {
        let table = session.execute(&source.text, &SqlParameters::Named(Object::new())).unwrap();
        assert_eq!(only(table.rows.rows), Value::Int(round));
    }
    // With a parameter the plan is kept, and computed with.
    rows.store(0, Ordering::SeqCst);
    let source = sql("SELECT max(counts($n)) FROM t");
    for _ in 0..4 {
        let arguments = argument("n", Value::Int(1));
        database.run(request(&source, arguments)).await.unwrap();
    }
    assert!(rows.load(Ordering::SeqCst) >= 4, "each query computes it");
}

#[tokio::test]
async fn a_result_that_was_computed_for_one_caller_is_not_shown_to_another() {
    let database = Database::with(|options| options.connections = 1);
    database.engine.define(vec![who()]).await.unwrap();
    database.rows("CREATE TABLE t AS SELECT range::INTEGER AS i FROM range(10)").await;
    for text in [
        "SELECT who(1)",
        "SELECT max(who(i)) FROM t",
        "SELECT DISTINCT who(1) || '' FROM t",
        "SELECT who($n)",
    ] {
        let source = sql(text);
        let arguments = if text.contains('$') { argument("n", Value::Int(1)) } else { Object::new() };
        for name in ["ann", "bob", "bob", "ann"] {
            let mut request = request(&source, arguments.clone());
            request.scope = scope(name);
            assert_eq!(only(database.run(request).await.unwrap().rows), Value::string(name), "{text}");
            let session = database.engine.session(scope(name));
            let table = session.execute(text, &SqlParameters::Named(arguments.clone())).unwrap();
            assert_eq!(only(table.rows.rows), Value::string(name), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_thread_computes_for_the_right_caller() {
    let database = Database::with(|options| options.threads = Some(4));
    database.engine.define(vec![who()]).await.unwrap();
    database.rows("CREATE TABLE t AS SELECT range::INTEGER AS i FROM range(600000)").await;
    let query = |name: &str| {
        format!("SELECT count(*) AS n FROM t WHERE who(i) = '{name}' AND who(i) = get_username()")
    };
    let (ann, bob) = (query("ann"), query("bob"));
    let (ann, bob) = tokio::join!(database.run(of("ann", &ann)), database.run(of("bob", &bob)));
    assert_eq!(only(ann.unwrap().rows), Value::Int(600_000));
    assert_eq!(only(bob.unwrap().rows), Value::Int(600_000));
}

#[tokio::test]
async fn checking_a_source_computes_nothing() {
    let rows = Arc::<AtomicUsize>::default();
    let database = database(vec![counting(&rows)]).await;
    for source in ["SELECT counts(1)", "SELECT * FROM range(counts(2))", "SELECT counts($n)"] {
        let check = database.check(source).await;
        assert!(check.findings.is_empty(), "{:?}", check.findings);
    }
    assert!(!database.check("SELECT counts('x', 1)").await.findings.is_empty());
    assert_eq!(rows.load(Ordering::SeqCst), 0);
}

/// `nested(i)` asks the database for `i + 1`, in the same call.
fn nested(database: &Arc<Database>) -> Arc<dyn SqlFunction> {
    let database = Arc::downgrade(database);
    function("nested", &[SqlType::Integer], SqlType::Integer, move |columns, _, scope| {
        let database = database.upgrade().ok_or("the database is gone")?;
        let ask = |value: &Value| {
            let session = database.engine.session(Arc::clone(scope));
            let parameters = SqlParameters::Positional(vec![value.clone()]);
            let table = session
                .execute("SELECT ? + 1, get_username()", &parameters)
                .map_err(|error| error.to_string())?;
            assert_eq!(table.rows.rows[0].get("get_username()").and_then(Value::as_str), Some(&*user(scope)));
            Ok(table.rows.rows[0].iter().next().unwrap().1.clone())
        };
        values(&columns[0]).iter().map(ask).collect::<Result<_, String>>().map(Results::Values)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_may_run_sql_even_on_the_last_connection_and_during_a_release() {
    let database = Arc::new(Database::with(|options| {
        options.connections = 1;
        options.threads = Some(2);
    }));
    database.engine.define(vec![nested(&database)]).await.unwrap();
    let query = "SELECT sum(nested(i::INTEGER)) FROM range(1000) t(i)";
    let (sum, released) = tokio::join!(database.run(of("ann", query)), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        database.engine.release().await
    });
    released.unwrap();
    assert_eq!(only(sum.unwrap().rows), Value::Int(500_500));
    // Once more for a session, with a function that is folded, and nested deeper.
    database.engine.define(vec![nested(&database)]).await.unwrap();
    let session = database.engine.session(scope("bob"));
    let table =
        session.execute("BEGIN; SELECT nested(nested(1))", &SqlParameters::Named(Object::new())).unwrap();
    assert_eq!(only(table.rows.rows), Value::Int(3));
}

/// Blocks until the token is cancelled, but not forever.
fn wait(token: &tokio_util::sync::CancellationToken) -> bool {
    let start = Instant::now();
    while !token.is_cancelled() && start.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(1));
    }
    token.is_cancelled()
}

/// A function that tells when it is called, and waits until its query is taken back.
fn waits() -> (Arc<dyn SqlFunction>, mpsc::Receiver<()>) {
    let (sender, receiver) = mpsc::channel();
    let waits = function("waits", &[SqlType::Integer], SqlType::Integer, move |_, _, scope| {
        sender.send(()).unwrap();
        Err(format!("cancelled: {}", wait(&scope.cancel)))
    });
    (waits, receiver)
}

const WAITS: &str = "SELECT waits(i::INTEGER) FROM range(3) t(i)";

/// The function hears that nobody waits for it any more, and the one thread is free for others.
#[tokio::test]
async fn a_query_that_is_dropped_takes_its_functions_back() {
    let (waits, called) = waits();
    let database = Database::with(|options| options.connections = 1);
    database.engine.define(vec![waits]).await.unwrap();
    let request = of("ann", WAITS);
    let call = request.scope.cancel.clone();
    let dropped = tokio::time::timeout(Duration::from_millis(100), database.engine.execute(request)).await;
    assert!(dropped.is_err());
    called.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(database.value("SELECT 1").await, Value::Int(1));
    assert!(!call.is_cancelled(), "the call itself goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_takes_functions_back() {
    let (waits, called) = waits();
    let database = database(vec![waits]).await;
    let session = database.engine.session(scope("bob"));
    let runtime = tokio::runtime::Handle::current();
    thread::scope(|threads| {
        let job = threads.spawn(|| runtime.block_on(database.engine.execute(of("ann", WAITS))));
        let call = threads.spawn(|| session.execute(WAITS, &SqlParameters::Named(Object::new())));
        for _ in 0..2 {
            called.recv_timeout(Duration::from_secs(30)).unwrap();
        }
        let start = Instant::now();
        threads.spawn(|| runtime.block_on(database.engine.close())).join().unwrap();
        assert!(start.elapsed() < Duration::from_secs(20));
        assert!(job.join().unwrap().is_err() && call.join().unwrap().is_err());
    });
}

/// Not a test of the time, which depends on the machine: it shows it.
#[tokio::test]
async fn a_million_rows_go_through_a_function_by_whole_columns() {
    let chunks = Arc::<AtomicUsize>::default();
    let seen = Arc::clone(&chunks);
    let same = function("same", &[SqlType::Integer], SqlType::Integer, move |columns, _, _| {
        seen.fetch_add(1, Ordering::SeqCst);
        let ColumnData::Integers(numbers) = &columns[0].data else { panic!("{columns:?}") };
        Ok(Results::Integers(numbers.iter().copied().map(Some).collect()))
    });
    let database = database(vec![same]).await;
    database.rows("CREATE TABLE t AS SELECT range::INTEGER AS i FROM range(1000000)").await;
    for query in ["SELECT sum(i) FROM t", "SELECT sum(same(i)) FROM t"] {
        let start = Instant::now();
        let sum = text(&database, query).await;
        println!("{query}: {:?}", start.elapsed());
        assert_eq!(sum, "499999500000");
    }
    assert!(chunks.load(Ordering::SeqCst) < 1_000);
}
