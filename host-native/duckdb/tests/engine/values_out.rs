//! What becomes of results (spec `types.md` section 8).

use mxcp_core::value::Value;

use crate::support::Database;

/// Queries `SELECT <expression>` and compares the JSON of the value.
async fn assert_read(cases: &[(&str, &str)]) {
    let database = Database::new();
    for (expression, expected) in cases {
        let value = database.value(&format!("SELECT {expression}")).await;
        assert_eq!(value.to_json_text(), *expected, "{expression}");
    }
}

#[tokio::test]
async fn integers_of_all_widths_are_exact() {
    assert_read(&[
        ("true", "true"),
        ("(-128)::TINYINT", "-128"),
        ("(-32768)::SMALLINT", "-32768"),
        ("(-2147483648)::INTEGER", "-2147483648"),
        ("9223372036854775807::BIGINT", "9223372036854775807"),
        ("255::UTINYINT", "255"),
        ("65535::USMALLINT", "65535"),
        ("4294967295::UINTEGER", "4294967295"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("sum(i) FROM range(3) t(i)", "3"),
        ("(-170141183460469231731687303715884105728)::HUGEINT", "-170141183460469231731687303715884105728"),
        ("340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455"),
        ("'0'::BIGNUM", "0"),
        ("'-1'::BIGNUM", "-1"),
        (
            "'-12345678901234567890123456789012345678901234567890'::BIGNUM",
            "-12345678901234567890123456789012345678901234567890",
        ),
        (
            "'1000000000000000000000000000000000000000000'::BIGNUM",
            "1000000000000000000000000000000000000000000",
        ),
    ])
    .await;
    let database = Database::new();
    assert_eq!(database.value("SELECT 5::HUGEINT").await, Value::Int(5));
}

#[tokio::test]
async fn fractions_keep_their_digits_and_what_is_no_number_is_null() {
    assert_read(&[
        ("0.1::FLOAT", "0.1"),
        ("16777216::FLOAT", "16777216.0"),
        ("0.1::DOUBLE", "0.1"),
        ("1e300::DOUBLE", "1e+300"),
        ("'NaN'::DOUBLE", "null"),
        ("'-inf'::FLOAT", "null"),
        ("NULL::DOUBLE", "null"),
        ("1.25::DECIMAL(4,2)", "1.25"),
        ("-1.5::DECIMAL(9,2)", "-1.50"),
        ("-0.05::DECIMAL(18,3)", "-0.050"),
        ("12345678901234567.89::DECIMAL(19,2)", "12345678901234567.89"),
        ("7::DECIMAL(4,0)", "7"),
        ("{'d': 1.5::DECIMAL(4,2)}", r#"{"d":1.50}"#),
        ("[1.5::DECIMAL(30,1)]", "[1.5]"),
    ])
    .await;
}

#[tokio::test]
async fn texts_and_bytes_have_their_forms() {
    assert_read(&[
        ("'twelve bytes'", r#""twelve bytes""#),
        ("'thirteen byte'", r#""thirteen byte""#),
        ("'ä' || chr(0) || 'b'", r#""ä\u0000b""#),
        ("''", r#""""#),
        ("'b'::ENUM('a', 'b')", r#""b""#),
        ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", r#""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#),
        ("'00000000-0000-0000-0000-000000000000'::UUID", r#""00000000-0000-0000-0000-000000000000""#),
        ("'{\"a\": [1]}'::JSON", r#""{\"a\": [1]}""#),
        ("'abc'::BLOB", r#""YWJj""#),
        ("'101'::BIT", r#""101""#),
        ("'00000001111'::BIT", r#""00000001111""#),
    ])
    .await;
}

#[tokio::test]
async fn large_enums_are_read_by_their_wider_numbers() {
    let database = Database::new();
    database.rows("CREATE TYPE wide AS ENUM (SELECT 'v' || i FROM range(300) t(i) ORDER BY i)").await;
    assert_eq!(database.value("SELECT 'v299'::wide").await, Value::string("v299"));
}

#[tokio::test]
async fn dates_and_times_are_iso_8601() {
    assert_read(&[
        ("DATE '2024-02-29'", r#""2024-02-29""#),
        ("DATE '0001-01-01'", r#""0001-01-01""#),
        ("DATE '9999-12-31'", r#""9999-12-31""#),
        ("DATE '10000-01-01'", r#""10000-01-01""#),
        ("DATE '0044-03-15 (BC)'", r#""0044-03-15 (BC)""#),
        ("DATE '5877642-06-25 (BC)'", r#""5877642-06-25 (BC)""#),
        ("'infinity'::DATE", r#""infinity""#),
        ("'-infinity'::DATE", r#""-infinity""#),
        ("TIME '13:14:15'", r#""13:14:15""#),
        ("TIME '13:14:15.5'", r#""13:14:15.500000""#),
        ("TIME '24:00:00'", r#""24:00:00""#),
        ("'13:14:15.123456789'::TIME_NS", r#""13:14:15.123456789""#),
        ("'13:14:15+02:00'::TIMETZ", r#""13:14:15+02:00""#),
        ("'13:14:15.25-09:30'::TIMETZ", r#""13:14:15.250000-09:30""#),
        ("'00:00:00+15:59:59'::TIMETZ", r#""00:00:00+15:59:59""#),
        ("TIMESTAMP '2024-02-29 13:14:15'", r#""2024-02-29T13:14:15""#),
        ("TIMESTAMP '1969-12-31 23:59:59.999999'", r#""1969-12-31T23:59:59.999999""#),
        ("'2024-02-29 13:14:15'::TIMESTAMP_S", r#""2024-02-29T13:14:15""#),
        ("'2024-02-29 13:14:15.5'::TIMESTAMP_MS", r#""2024-02-29T13:14:15.500000""#),
        ("'2024-02-29 13:14:15.123456789'::TIMESTAMP_NS", r#""2024-02-29T13:14:15.123456789""#),
        ("'12345-01-01 00:00:00.5'::TIMESTAMP", r#""12345-01-01 00:00:00.5""#),
        ("'0044-03-15 (BC) 12:00:00'::TIMESTAMP", r#""0044-03-15 (BC) 12:00:00""#),
        ("'infinity'::TIMESTAMP", r#""infinity""#),
        ("'-infinity'::TIMESTAMP_NS", r#""-infinity""#),
        ("'-infinity'::TIMESTAMPTZ", r#""-infinity""#),
        ("'2024-02-29 13:14:15+02'::TIMESTAMPTZ", r#""2024-02-29T11:14:15+00:00""#),
        ("'12345-01-01 00:00:00+00'::TIMESTAMPTZ", r#""12345-01-01 00:00:00+00""#),
        ("INTERVAL '1 year 2 months 3 days 4 hours'", r#""P1Y2M3DT4H""#),
        ("INTERVAL '-90 minutes'", r#""PT-1H-30M""#),
    ])
    .await;
}

/// Where this crate writes DuckDB's text by itself, it must be DuckDB's.
#[tokio::test]
async fn texts_of_far_dates_are_those_of_duckdb() {
    let database = Database::new();
    for expression in [
        "'0001-12-31 (BC)'::DATE",
        "'4713-11-24 (BC)'::DATE",
        "'5881580-07-10'::DATE",
        "'290309-12-22 (BC) 00:00:00'::TIMESTAMP",
        "'294247-01-10 04:00:54.775806'::TIMESTAMP",
        "'10000-01-01 00:00:00.000001'::TIMESTAMP",
    ] {
        let text = database.value(&format!("SELECT ({expression})::VARCHAR")).await;
        assert_eq!(database.value(&format!("SELECT {expression}")).await, text, "{expression}");
    }
}

#[tokio::test]
async fn nested_values_are_lists_and_objects() {
    assert_read(&[
        ("[1, NULL, 3]", "[1,null,3]"),
        ("[]::INTEGER[]", "[]"),
        ("NULL::INTEGER[]", "null"),
        ("[[1], [], NULL, [2, 3]]", "[[1],[],null,[2,3]]"),
        ("[1, 2, 3]::INTEGER[3]", "[1,2,3]"),
        ("[['a', 'b'], ['c', NULL]]::VARCHAR[2][]", r#"[["a","b"],["c",null]]"#),
        ("{'b': 1, 'a': {'c': [DATE '2024-02-29']}}", r#"{"b":1,"a":{"c":["2024-02-29"]}}"#),
        ("row(1, 'x')", r#"[1,"x"]"#),
        ("MAP {'k': 1, 'l': NULL}", r#"{"k":1,"l":null}"#),
        ("MAP {2: 'x', 10: 'y'}", r#"{"2":"x","10":"y"}"#),
        ("MAP {DATE '2024-02-29': [1]}", r#"{"2024-02-29":[1]}"#),
        ("MAP {}", "{}"),
        ("union_value(n := 5)", "5"),
        ("'x'::UNION(n INTEGER, t VARCHAR)", r#""x""#),
        ("[{'u': 1::UNION(n INTEGER, t VARCHAR)}, {'u': 'x'}]", r#"[{"u":1},{"u":"x"}]"#),
        ("NULL", "null"),
    ])
    .await;
}

#[tokio::test]
async fn nested_values_of_many_rows_stay_with_their_rows() {
    let database = Database::new();
    let source = "SELECT i, [i, i + 1] AS l, {'s': 'value number ' || i} AS o, MAP {i::VARCHAR: i} AS m,
        [i, NULL]::BIGINT[2] AS a FROM range(5000) t(i)";
    let rows = database.rows(source).await;
    assert_eq!(rows.len(), 5_000);
    for (i, row) in rows.into_iter().enumerate() {
        let expected = format!(
            r#"{{"i":{i},"l":[{i},{}],"o":{{"s":"value number {i}"}},"m":{{"{i}":{i}}},"a":[{i},null]}}"#,
            i + 1
        );
        assert_eq!(Value::Object(row).to_json_text(), expected);
    }
}

#[tokio::test]
async fn nulls_beside_values_leave_the_values_their_type() {
    let database = Database::new();
    let rows = database.rows("SELECT CASE WHEN i = 1 THEN NULL ELSE i END AS v FROM range(3) t(i)").await;
    let values: Vec<_> = rows.into_iter().flatten().map(|(_, value)| value).collect();
    assert_eq!(values, [Value::Int(0), Value::Null, Value::Int(2)]);
}

#[tokio::test]
async fn a_type_without_a_json_form_is_named() {
    let database = Database::new();
    let message = database.refusal("SELECT 1::VARIANT AS v", mxcp_core::value::Object::new()).await;
    assert!(
        message.contains("\"v\"") && message.contains("VARIANT") && message.contains("cast"),
        "{message}"
    );
}
