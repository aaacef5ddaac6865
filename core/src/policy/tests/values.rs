//! Every value of a result has a CEL form (spec `policies.md` sections 4.1 and 12, item 2).

use chrono::{NaiveDate, NaiveTime};

use super::*;
use crate::value::{ExactNumber, Interval};

fn holds(condition: &str, value: Value) -> Result<bool, String> {
    evaluate(condition, &Object::from_iter([("a", value)]), None)
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
        (Value::Null, "a == null"),
        (Value::Bool(true), "a"),
        (Value::Int(-1), "a == -1 && type(a) == int"),
        (Value::Float(2.0), "a == 2 && type(a) == double"),
        (number("9223372036854775807"), "a == 9223372036854775807 && type(a) == int"),
        (number("18446744073709551615"), "a == 18446744073709551615u && type(a) == uint"),
        (number("18446744073709551616"), "a == 18446744073709551616.0 && type(a) == double"),
        (number("-9223372036854775809"), "a < 0 && type(a) == double"),
        (number("1.50"), "a == 1.5 && type(a) == double"),
        (number("2.00"), "a == 2 && type(a) == int"),
        (Value::string("é"), "a == 'é' && type(a) == string"),
        (Value::Bytes(vec![97, 255]), r"a == b'a\xff' && size(a) == 2"),
        (Value::Date(date(2024)), "a == timestamp('2024-02-28')"),
        (Value::DateTime(date(2024).and_time(noon)), "a == timestamp('2024-02-28T12:00:00Z')"),
        (
            Value::Timestamp(DateTime::parse_from_rfc3339("2024-02-28T12:00:00+02:00").unwrap()),
            "a == timestamp('2024-02-28T10:00:00Z') && a.getHours() == 10",
        ),
        (Value::Date(date(-5)), "type(a) == string"),
        (Value::Date(date(10_000)), "type(a) == string"),
        (Value::Time(noon), "a == '12:00:00'"),
        (interval(0, 1, 3_600_000_000), "a == duration('25h')"),
        (interval(1, 0, 0), "a == 'P1M'"),
        (interval(0, i32::MAX, 0), "type(a) == string"),
        (Value::Array(vec![Value::Int(1), Value::Null]), "a == [1, null]"),
        (Value::Object(object(r#"{"k": {"l": [1.5]}}"#)), "a.k.l[0] == 1.5 && a == {'k': {'l': [1.5]}}"),
    ] {
        assert_eq!(holds(condition, value.clone()), Ok(true), "{value:?}: {condition}");
    }
}

#[test]
fn keys_of_objects_come_in_order() {
    let value = Value::Object(object(r#"{"z": 1, "a": 2, "m": 3}"#));
    assert_eq!(holds("a.map(k, k).join() == 'zam'", value), Ok(true));
}
