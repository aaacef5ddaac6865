//! What workers send, as values; see [`crate::encode`] for the form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{FixedOffset, NaiveDateTime, TimeZone as _};
use mxcp_core::value::{ExactNumber, Interval, Object, Value};
use serde_json::{Map, Number, Value as Json};

/// A value; none if a tag has no value of its kind.
pub(crate) fn value(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => self::number(&number),
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::Array(items.into_iter().map(value).collect::<Option<_>>()?),
        Json::Object(entries) => return object(entries),
    })
}

/// What Python writes as an integer is one, whatever else is a double.
fn number(number: &Number) -> Value {
    if let Some(value) = number.as_i64() {
        return Value::Int(value);
    }
    let text = number.to_string();
    if !text.contains(['.', 'e', 'E']) {
        return ExactNumber::parse(&text).map_or(Value::Null, Value::Number);
    }
    number.as_f64().map_or(Value::Null, Value::float)
}

fn object(entries: Map<String, Json>) -> Option<Value> {
    if entries.len() == 1
        && let Some(key) = entries.keys().next()
        && let Some(name) = key.strip_prefix('$')
    {
        let name = name.to_owned();
        let inner = entries.into_iter().next()?.1;
        return if name.starts_with('$') {
            Some(Value::Object(Object::from_iter([(name, value(inner)?)])))
        } else {
            tagged(&name, &inner)
        };
    }
    let entries = entries.into_iter().map(|(key, item)| Some((key, value(item)?)));
    Some(Value::Object(entries.collect::<Option<Object>>()?))
}

fn tagged(name: &str, inner: &Json) -> Option<Value> {
    Some(match name {
        "bytes" => Value::Bytes(STANDARD.decode(inner.as_str()?).ok()?),
        "date" => Value::Date(inner.as_str()?.parse().ok()?),
        "time" => Value::Time(inner.as_str()?.parse().ok()?),
        "datetime" => Value::DateTime(inner.as_str()?.parse().ok()?),
        "timestamp" => {
            let local: NaiveDateTime = inner.get(0)?.as_str()?.parse().ok()?;
            let offset = FixedOffset::east_opt(i32::try_from(inner.get(1)?.as_i64()?).ok()?)?;
            Value::Timestamp(offset.from_local_datetime(&local).single()?)
        }
        "interval" => Value::Interval(Interval {
            months: i32::try_from(inner.get(0)?.as_i64()?).ok()?,
            days: i32::try_from(inner.get(1)?.as_i64()?).ok()?,
            microseconds: inner.get(2)?.as_i64()?,
        }),
        "decimal" => Value::Number(ExactNumber::parse(inner.as_str()?)?),
        // Only what SQL takes has such tags.
        "float" => Value::Float(float(inner)?),
        _ => return None,
    })
}

/// What `{"$float": …}` holds.
pub(crate) fn float(inner: &Json) -> Option<f64> {
    inner.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Value> {
        value(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn integers_stay_exact_and_what_has_a_point_is_a_double() {
        assert_eq!(decoded("5"), Some(Value::Int(5)));
        assert_eq!(decoded("5.0"), Some(Value::Float(5.0)));
        assert_eq!(decoded("0.30000000000000004"), Some(Value::Float(0.1 + 0.2)));
        let wide = "170141183460469231731687303715884105728";
        assert_eq!(decoded(wide), ExactNumber::parse(wide).map(Value::Number));
    }

    #[test]
    fn a_tag_gives_its_kind_and_what_looks_like_one_does_not() {
        assert_eq!(decoded(r#"{"$date": "2024-01-02"}"#), Some(Value::Date("2024-01-02".parse().unwrap())));
        let escaped = decoded(r#"{"$$date": 1}"#).unwrap();
        assert_eq!(escaped.to_json_text(), r#"{"$date":1}"#);
        assert_eq!(decoded(r#"{"$date": "tomorrow"}"#), None);
        assert_eq!(decoded(r#"{"$unknown": 1}"#), None);
    }
}
