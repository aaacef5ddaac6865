//! What becomes of arguments (spec `types.md` section 5).

use chrono::{DateTime, NaiveDate, NaiveTime};
use mxcp_core::value::{ExactNumber, Interval, Object, Value};

use crate::support::{Database, argument, json};

/// The type of `$v` and its text, as DuckDB sees them.
async fn bound(database: &Database, value: Value) -> (String, String) {
    let source = "SELECT typeof($v) AS t, $v::VARCHAR AS v";
    let outcome = database.execute(source, argument("v", value.clone())).await;
    let rows = outcome.unwrap_or_else(|error| panic!("{value:?}: {error}")).rows;
    let text = |name| match rows[0].get(name).unwrap() {
        Value::String(text) => text.clone(),
        Value::Null => "NULL".to_owned(),
        other => panic!("{other:?}"),
    };
    (text("t"), text("v"))
}

async fn assert_bound(cases: impl IntoIterator<Item = (Value, &str, &str)>) {
    let database = Database::new();
    for (value, kind, text) in cases {
        assert_eq!(bound(&database, value.clone()).await, (kind.into(), text.into()), "{value:?}");
    }
}

#[tokio::test]
async fn scalars_have_the_types_of_the_table() {
    let date = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let time = NaiveTime::from_hms_micro_opt(13, 14, 15, 123_456).unwrap();
    let moment = DateTime::parse_from_rfc3339("2024-02-29T13:14:15+02:00").unwrap();
    let interval = Interval { months: 14, days: 3, microseconds: 4_000_000 };
    assert_bound([
        (Value::Null, "\"NULL\"", "NULL"),
        (Value::Bool(true), "BOOLEAN", "true"),
        (Value::Int(-1), "INTEGER", "-1"),
        (Value::Int(2_147_483_647), "INTEGER", "2147483647"),
        (Value::Int(2_147_483_648), "BIGINT", "2147483648"),
        (Value::Int(i64::MIN), "BIGINT", "-9223372036854775808"),
        (json("9223372036854775808"), "UBIGINT", "9223372036854775808"),
        (json("18446744073709551615"), "UBIGINT", "18446744073709551615"),
        (json("18446744073709551616"), "HUGEINT", "18446744073709551616"),
        (json("-9223372036854775809"), "HUGEINT", "-9223372036854775809"),
        (
            json("340282366920938463463374607431768211455"),
            "UHUGEINT",
            "340282366920938463463374607431768211455",
        ),
        (Value::Float(5.0), "DOUBLE", "5.0"),
        (Value::Float(0.1), "DOUBLE", "0.1"),
        (
            Value::Number(ExactNumber::parse("-12345678901234567.89").unwrap()),
            "DECIMAL(19,2)",
            "-12345678901234567.89",
        ),
        (Value::Number(ExactNumber::parse("0.05").unwrap()), "DECIMAL(2,2)", ".05"),
        (Value::Number(ExactNumber::parse("1e300").unwrap()), "DOUBLE", "1e+300"),
        (Value::string("x'; --"), "VARCHAR", "x'; --"),
        (Value::string(""), "VARCHAR", ""),
        (Value::string("a\0b"), "VARCHAR", "a\0b"),
        (Value::Bytes(vec![0, b'a', 0xff]), "BLOB", "\\x00a\\xFF"),
        (Value::Date(date), "DATE", "2024-02-29"),
        (Value::Time(time), "TIME", "13:14:15.123456"),
        (Value::DateTime(date.and_time(time)), "TIMESTAMP", "2024-02-29 13:14:15.123456"),
        (Value::Interval(interval), "INTERVAL", "1 year 2 months 3 days 00:00:04"),
    ])
    .await;
    let database = Database::new();
    let source = "SET timezone = 'UTC'; SELECT typeof($v) || ' ' || $v::VARCHAR";
    let rows = database.execute(source, argument("v", Value::Timestamp(moment))).await.unwrap().rows;
    assert_eq!(crate::support::only(rows), Value::string("TIMESTAMP WITH TIME ZONE 2024-02-29 11:14:15+00"));
}

#[tokio::test]
async fn dates_before_1970_keep_their_day() {
    let date = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    assert_bound([
        (Value::Date(date), "DATE", "0001-01-01"),
        (Value::DateTime(date.and_time(time)), "TIMESTAMP", "0001-01-01 23:59:59.999999"),
    ])
    .await;
}

#[tokio::test]
async fn lists_and_objects_have_the_types_of_the_table() {
    assert_bound([
        (json("[1, 2]"), "INTEGER[]", "[1, 2]"),
        (json("[1, 2.5]"), "DOUBLE[]", "[1.0, 2.5]"),
        (json("[1, \"x\"]"), "VARCHAR[]", "[1, x]"),
        (json("[true, null]"), "BOOLEAN[]", "[true, NULL]"),
        (json("[]"), "\"NULL\"[]", "[]"),
        (json("[null]"), "\"NULL\"[]", "[NULL]"),
        (json("[[1], [2, 3000000000], []]"), "BIGINT[][]", "[[1], [2, 3000000000], []]"),
        (
            json(r#"{"b": 1, "a": {"c": [null]}}"#),
            "STRUCT(b INTEGER, a STRUCT(c \"NULL\"[]))",
            "{'b': 1, 'a': {'c': [NULL]}}",
        ),
        (json("{}"), "MAP(\"NULL\", \"NULL\")", "{}"),
        (
            json(r#"[{"a": 1}, {"b": "x"}, {}]"#),
            "STRUCT(a INTEGER, b VARCHAR)[]",
            "[{'a': 1, 'b': NULL}, {'a': NULL, 'b': x}, {'a': NULL, 'b': NULL}]",
        ),
        (json(r#"[{"a": [1]}, "x"]"#), "VARCHAR[]", r"['{\'a\': [1]}', x]"),
    ])
    .await;
}

#[tokio::test]
async fn integers_beyond_128_bits_are_refused() {
    let database = Database::new();
    let value = json("[1, 340282366920938463463374607431768211456]");
    let message = database.refusal("SELECT $v", argument("v", value)).await;
    assert!(message.starts_with("Invalid Input Error") && message.contains("too large"), "{message}");
}

#[tokio::test]
async fn arguments_serve_where_projects_use_them() {
    let database = Database::new();
    let arguments: Object = [
        ("n", json("2")),
        ("xs", json("[1, 3]")),
        ("o", json(r#"{"a": 1, "b": {"c": 3}}"#)),
        ("d", Value::Date(NaiveDate::from_ymd_opt(2024, 2, 28).unwrap())),
        ("none", Value::Null),
        ("s", Value::string("b")),
    ]
    .into_iter()
    .collect();
    let source = "SELECT i, $o.a + $o.b.c AS sum, ($d::DATE + 1)::VARCHAR AS next, coalesce($none, 'x') AS c,
        'abc' LIKE '%' || $s || '%' AS found
        FROM range(5) t(i) WHERE (i IN (SELECT unnest($xs)) OR list_contains($xs, i)) AND ($none IS NULL OR i = $none)
        ORDER BY i LIMIT $n";
    let rows = database.execute(source, arguments).await.unwrap().rows;
    let text: Vec<_> = rows.into_iter().map(|row| Value::Object(row).to_json_text()).collect();
    assert_eq!(
        text,
        [
            r#"{"i":1,"sum":4,"next":"2024-02-29","c":"x","found":true}"#,
            r#"{"i":3,"sum":4,"next":"2024-02-29","c":"x","found":true}"#
        ]
    );
}

#[tokio::test]
async fn all_arguments_must_be_used_and_all_parameters_given() {
    let database = Database::new();
    let message = database.refusal("SELECT $b, $a, $c", argument("c", Value::Int(1))).await;
    assert!(message.contains("Values were not provided for the following parameters: a, b"), "{message}");
    let message = database.refusal("SELECT 1", argument("x", Value::Int(1))).await;
    let expected = "Parameter argument/count mismatch, identifiers of the excess parameters: x";
    assert!(message.contains(expected), "{message}");
    let message = database.refusal("SELECT ?", argument("x", Value::Int(1))).await;
    assert!(message.contains("Values were not provided for the following parameters: 1"), "{message}");
}

#[tokio::test]
async fn values_of_one_call_are_not_left_for_the_next() {
    let database = Database::with(|options| options.connections = 1);
    let source = crate::support::sql("SELECT $v AS v");
    for value in [Value::Int(1), Value::string("x"), Value::Null, json("[1]"), Value::Int(2)] {
        let request = crate::support::request(&source, argument("v", value.clone()));
        assert_eq!(crate::support::only(database.run(request).await.unwrap().rows), value);
    }
    let message =
        database.run(crate::support::request(&source, Object::new())).await.unwrap_err().to_string();
    assert!(message.contains("Values were not provided"), "{message}");
}

/// DuckDB makes the whole database unusable over some of these if it is asked without care.
#[tokio::test]
async fn a_parameter_may_be_written_any_number_of_times_in_any_place() {
    let database = Database::new();
    let untyped = ["{'a': $v}", "hash($v)", "typeof($v)", "[$v]", "$v IS NULL", "row($v)", "to_json($v)"];
    let typed = ["$v = k", "coalesce($v, k)", "nullif($v, k)", "$v IN (k)", "list_contains([k], $v)"];
    let moment = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    for (literal, value) in [
        ("'a'", Value::string("a")),
        ("1", Value::Int(1)),
        ("3000000000", Value::Int(3_000_000_000)),
        ("1.5::DOUBLE", Value::Float(1.5)),
        ("1.5", Value::Number(ExactNumber::parse("1.5").unwrap())),
        ("DATE '2024-02-29'", Value::Date(moment)),
        ("[1]", json("[1]")),
        ("{'a': 1}", json(r#"{"a": 1}"#)),
    ] {
        for (one, two) in untyped.iter().flat_map(|one| typed.iter().map(move |two| (one, two))) {
            for source in [
                format!("SELECT {one}, {two} FROM (VALUES ({literal})) t(k)"),
                format!("SELECT 1; SELECT {one}, {two}, {one} FROM (VALUES ({literal})) t(k) GROUP BY ALL;"),
            ] {
                let outcome = database.execute(&source, argument("v", value.clone())).await;
                assert!(outcome.is_ok(), "{source} with {value:?}: {outcome:?}");
            }
        }
    }
}

#[tokio::test]
async fn columns_of_parameters_are_named_as_written() {
    let database = Database::new();
    let source = "SELECT {'a': $v}, lower($v), upper($v)";
    let rows = database.execute(source, argument("v", Value::string("x"))).await.unwrap();
    let names: Vec<_> = rows.columns.iter().map(|name| &**name).collect();
    assert_eq!(names[1..], ["lower($v)", "upper($v)"]);
}
