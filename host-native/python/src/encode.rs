//! Values as the worker understands them: JSON, and objects with one key that begins with `$` for the kinds that JSON
//! has no word for. An object of a user that looks like one gets a second `$` before its key.

mod cell;
mod column;

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use mxcp_core::value::{ExactNumber, Interval, Object, Value};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

pub(crate) use cell::Cells;
pub(crate) use column::Arguments;

/// Beyond as many digits, Python converts integers by its decimal type only.
const LONG_INTEGER_DIGITS: usize = 3_000;

/// A value with tags.
pub(crate) struct Tagged<'a> {
    value: &'a Value,
    decimals: Decimals,
}

/// What becomes of numbers such as `2.00`.
#[derive(Clone, Copy, Debug)]
enum Decimals {
    /// An `int`: they are JSON.
    AsIntegers,
    /// A `Decimal`: they are of a `DECIMAL`.
    Kept,
}

impl<'a> Tagged<'a> {
    /// An argument of a function.
    pub(crate) fn argument(value: &'a Value) -> Self {
        Self { value, decimals: Decimals::AsIntegers }
    }

    /// A part of a value of SQL.
    pub(crate) fn part(value: &'a Value) -> Self {
        Self { value, decimals: Decimals::Kept }
    }
}

impl Serialize for Tagged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let decimals = self.decimals;
        let inner = |value| Tagged { value, decimals };
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) => double(*value, serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Number(number) => exact(number, decimals, serializer),
            Value::Bytes(bytes) => tag("$bytes", STANDARD.encode(bytes), serializer),
            Value::Date(date) => tag("$date", date_text(*date), serializer),
            Value::Time(time) => tag("$time", time_text(*time), serializer),
            Value::DateTime(moment) => tag("$datetime", moment_text(moment), serializer),
            Value::Timestamp(moment) => tag("$timestamp", timestamp_parts(moment), serializer),
            Value::Interval(interval) => tag("$interval", interval_parts(interval), serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(inner)),
            Value::Object(object) => entries(object, inner, serializer),
        }
    }
}

/// Arguments of a function by name.
pub(crate) struct Named<'a>(pub(crate) &'a Object);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        entries(self.0, Tagged::argument, serializer)
    }
}

/// An object, each value as `inner` has it.
fn entries<'a, T: Serialize, S: Serializer>(
    object: &'a Object,
    mut inner: impl FnMut(&'a Value) -> T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut only = object.iter();
    if let (Some((key, value)), None) = (only.next(), only.next())
        && key.starts_with('$')
    {
        return serializer.collect_map([(format!("${key}"), inner(value))]);
    }
    serializer.collect_map(object.iter().map(|(key, value)| (key, inner(value))))
}

/// An object with one key that says of what kind the value is.
fn tag<S: Serializer>(key: &str, value: impl Serialize, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, &value)?;
    map.end()
}

/// A double, with those that JSON has no number for.
fn double<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        serializer.serialize_f64(value)
    } else {
        tag("$float", value.to_string(), serializer)
    }
}

fn exact<S: Serializer>(number: &ExactNumber, decimals: Decimals, serializer: S) -> Result<S::Ok, S::Error> {
    let text = number.as_str();
    let digits = match decimals {
        Decimals::AsIntegers if number.is_integer() => text.split('.').next().unwrap_or(text),
        Decimals::AsIntegers | Decimals::Kept => text,
    };
    if digits.contains(['.', 'e', 'E']) {
        return tag("$decimal", digits, serializer);
    }
    match digits.parse::<serde_json::Number>() {
        Ok(number) if digits.len() <= LONG_INTEGER_DIGITS => number.serialize(serializer),
        _ => tag("$integer", digits, serializer),
    }
}

fn date_text(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

/// With six digits of the second's fraction or none, as every Python reads it.
fn time_text(time: NaiveTime) -> String {
    use chrono::Timelike as _;
    let pattern = if time.nanosecond() % 1_000_000_000 / 1_000 == 0 { "%H:%M:%S" } else { "%H:%M:%S%.6f" };
    time.format(pattern).to_string()
}

fn moment_text(moment: &NaiveDateTime) -> String {
    joined(date_text(moment.date()), time_text(moment.time()))
}

fn joined(date: impl Display, time: impl Display) -> String {
    format!("{date}T{time}")
}

/// The local time, and by how many seconds it is ahead of UTC.
fn timestamp_parts(moment: &DateTime<FixedOffset>) -> (String, i32) {
    (moment_text(&moment.naive_local()), moment.offset().local_minus_utc())
}

fn interval_parts(interval: &Interval) -> (i32, i32, i64) {
    (interval.months, interval.days, interval.microseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &Value) -> String {
        serde_json::to_string(&Tagged::argument(value)).unwrap()
    }

    #[test]
    fn numbers_keep_their_digits_and_whole_ones_are_integers() {
        let number = |text: &str| Value::Number(ExactNumber::parse(text).unwrap());
        assert_eq!(
            json(&number("170141183460469231731687303715884105728")),
            "170141183460469231731687303715884105728"
        );
        assert_eq!(json(&number("2.00")), "2");
        assert_eq!(json(&number("2.50")), r#"{"$decimal":"2.50"}"#);
        assert_eq!(serde_json::to_string(&Tagged::part(&number("2.00"))).unwrap(), r#"{"$decimal":"2.00"}"#);
        let long = "9".repeat(5_000);
        assert_eq!(json(&number(&long)), format!(r#"{{"$integer":"{long}"}}"#));
    }

    #[test]
    fn an_object_that_looks_like_a_tag_is_told_apart() {
        assert_eq!(json(&Value::parse_json(r#"{"$date": 1}"#).unwrap()), r#"{"$$date":1}"#);
        assert_eq!(json(&Value::parse_json(r#"{"$a": 1, "$b": 2}"#).unwrap()), r#"{"$a":1,"$b":2}"#);
    }
}
