//! Every value of a result has a CEL form (spec `policies.md` sections 4.1 and 12, item 2).

use chrono::{NaiveDate, NaiveTime};

use super::*;
use crate::value::{ExactNumber, Interval};

fn holds(condition: &str, value: Value) -> Result<bool, String> {
    let text = serde_json::to_string(condition).unwrap();
    let compiled = compile_any(&format!("policies: {{output: [{{condition: {text}, action: deny}}]}}"));
    assert!(!compiled.findings.has_errors(), "{:?}", compiled.messages());
    let decision = compiled.set.apply_output(value, &context(None), &|value| value);
    match decision.trace.errors.first() {
        Some(error) => Err(error.clone()),
        None => Ok(decision.result.is_err()),
    }
}

fn date(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 2, 28).unwrap()
}

#[test]
fn values_have_the_types_of_their_kinds() {
    let number = |text: &str| Value::Number(ExactNumber::parse(text).unwrap());
    let interval = |months, days, microseconds| Value::Interval(Interval { months, days, microseconds });
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
    for (value, condition) in [
        (Value::Null, "response == null"),
        (Value::Bool(true), "response"),
        (Value::Int(-1), "response == -1 && type(response) == int"),
        (Value::Float(2.0), "response == 2 && type(response) == double"),
        (number("9223372036854775807"), "response == 9223372036854775807 && type(response) == int"),
        (number("18446744073709551615"), "response == 18446744073709551615u && type(response) == uint"),
        (number("18446744073709551616"), "response == 18446744073709551616.0 && type(response) == double"),
        (number("-9223372036854775809"), "response < 0 && type(response) == double"),
        (number("1.50"), "response == 1.5 && type(response) == double"),
        (number("2.00"), "response == 2 && type(response) == int"),
        (Value::string("é"), "response == 'é' && type(response) == string"),
        (Value::Bytes(vec![97, 255]), r"response == b'a\xff' && size(response) == 2"),
        (Value::Date(date(2024)), "response == timestamp('2024-02-28')"),
        (Value::DateTime(date(2024).and_time(noon)), "response == timestamp('2024-02-28T12:00:00Z')"),
        (
            Value::Timestamp(DateTime::parse_from_rfc3339("2024-02-28T12:00:00+02:00").unwrap()),
            "response == timestamp('2024-02-28T10:00:00Z') && response.getHours() == 10",
        ),
        (Value::Date(date(-5)), "type(response) == string"),
        (Value::Date(date(10_000)), "type(response) == string"),
        (Value::Time(noon), "response == '12:00:00'"),
        (interval(0, 1, 3_600_000_000), "response == duration('25h')"),
        (interval(1, 0, 0), "response == 'P1M'"),
        (interval(0, i32::MAX, 0), "type(response) == string"),
        (Value::Array(vec![Value::Int(1), Value::Null]), "response == [1, null]"),
        (
            Value::Object(object(r#"{"k": {"l": [1.5]}}"#)),
            "response.k.l[0] == 1.5 && response == {'k': {'l': [1.5]}}",
        ),
    ] {
        assert_eq!(holds(condition, value.clone()), Ok(true), "{value:?}: {condition}");
    }
}

#[test]
fn times_within_a_column_are_texts_and_times_equal_the_texts_that_write_them() {
    let row = |value: Value| Value::Object([("c", value)].into_iter().collect());
    let time = || Value::DateTime(date(2024).and_hms_opt(12, 0, 0).unwrap());
    let nested = || row(Value::Date(date(2024)));
    for (value, condition) in [
        (row(nested()), "type(response.c.c) == string && response.c.c == '2024-02-28'"),
        (Value::Array(vec![row(nested())]), "response[0].c.c.startsWith('2024')"),
        (row(Value::Array(vec![Value::Date(date(2024))])), "'2024-02-28' in response.c"),
        (Value::Array(vec![row(time())]), "response[0].c.getHours() == 12 && type(response[0].c) != string"),
        (row(time()), "response.c == '2024-02-28T12:00:00' && response.c == '2024-02-28 12:00:00'"),
        (row(time()), "response.c == '2024-02-28T13:00:00+01:00' && '2024-02-28T12:00:00Z' == response.c"),
        (row(time()), "response.c in ['x', '2024-02-28T12:00:00']"),
        (row(time()), "response.c != '2024-02-28' && response.c != 'noon' && response.c != 12"),
        (nested(), "response.c == '2024-02-28' && !(response.c != '2024-02-28')"),
    ] {
        assert_eq!(holds(condition, value.clone()), Ok(true), "{value:?}: {condition}");
    }
}

#[test]
fn keys_of_objects_come_in_order() {
    let value = Value::Object(object(r#"{"z": 1, "a": 2, "m": 3}"#));
    assert_eq!(holds("response.map(k, k).join() == 'zam'", value), Ok(true));
}
