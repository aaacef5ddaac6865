//! Values as they travel between a caller, an implementation and the rules in between.

mod interval;
mod number;
mod object;

use base64::Engine as _;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Serialize, Serializer};

pub use interval::Interval;
pub use number::ExactNumber;
pub use object::Object;

/// A value: JSON, and the kinds JSON has no word for and SQL has.
///
/// The extra kinds exist so that SQL is bound with real dates, and so that policies see a timestamp as a
/// timestamp. All of them have one JSON form, which is what leaves the process (spec `types.md` section 8).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JSON `null`, SQL `NULL`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of up to 64 bits.
    Int(i64),
    /// A double. NaN and infinities are only between SQL and the code that runs it; elsewhere they are
    /// [`Value::Null`], see [`Value::float`].
    Float(f64),
    /// A wide integer or a decimal, exact.
    Number(ExactNumber),
    /// A text.
    String(String),
    /// Bytes; base64 in JSON.
    Bytes(Vec<u8>),
    /// A calendar date.
    Date(NaiveDate),
    /// A time of day.
    Time(NaiveTime),
    /// Date and time without a zone.
    DateTime(NaiveDateTime),
    /// A point in time.
    Timestamp(DateTime<FixedOffset>),
    /// A span of months, days and microseconds.
    Interval(Interval),
    /// A list.
    Array(Vec<Value>),
    /// A mapping with ordered keys.
    Object(Object),
}

impl Value {
    /// A double, or null where JSON has no number for it (NaN, infinities).
    #[must_use]
    pub fn float(value: f64) -> Self {
        if value.is_finite() { Value::Float(value) } else { Value::Null }
    }

    /// A text.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Value::String(text.into())
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The word JSON Schema has for its JSON form; numbers without a fraction are `integer`.
    #[must_use]
    pub fn json_type(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) => "integer",
            Value::Float(number) if number.fract() == 0.0 => "integer",
            Value::Number(number) if number.is_integer() => "integer",
            Value::Float(_) | Value::Number(_) => "number",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
            Value::String(_)
            | Value::Bytes(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Timestamp(_)
            | Value::Interval(_) => "string",
        }
    }

    /// From JSON; numbers keep every digit.
    #[must_use]
    pub fn from_json(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => number::from_json(&number),
            serde_json::Value::String(text) => Value::String(text),
            serde_json::Value::Array(items) => {
                Value::Array(items.into_iter().map(Value::from_json).collect())
            }
            serde_json::Value::Object(entries) => Value::Object(Object::from_json(entries)),
        }
    }

    /// From the text of one JSON value; numbers keep every digit.
    ///
    /// # Errors
    /// The text is no JSON.
    pub fn parse_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Value::from_json)
    }

    /// As a JSON tree.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::Int(value) => serde_json::Value::Number((*value).into()),
            Value::Float(value) => serde_json::Number::from_f64(*value)
                .map_or(serde_json::Value::Null, serde_json::Value::Number),
            Value::Number(number) => number.to_json(),
            Value::Array(items) => serde_json::Value::Array(items.iter().map(Value::to_json).collect()),
            Value::Object(object) => serde_json::Value::Object(object.to_json()),
            other => serde_json::Value::String(other.text_form().unwrap_or_default()),
        }
    }

    /// As compact JSON text.
    #[must_use]
    pub fn to_json_text(&self) -> String {
        // Keys are strings and floats are finite, so serialising can't fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The text a textual kind has in JSON; none for the other kinds.
    #[must_use]
    pub fn text_form(&self) -> Option<String> {
        Some(match self {
            Value::String(text) => text.clone(),
            Value::Bytes(bytes) => base64::engine::general_purpose::STANDARD.encode(bytes),
            Value::Date(date) => date.format("%Y-%m-%d").to_string(),
            Value::Time(time) => format!("{}{}", time.format("%H:%M:%S"), fraction(time)),
            Value::DateTime(moment) => {
                format!("{}{}", moment.format("%Y-%m-%dT%H:%M:%S"), fraction(&moment.time()))
            }
            Value::Timestamp(moment) => format!(
                "{}{}{}",
                moment.format("%Y-%m-%dT%H:%M:%S"),
                fraction(&moment.time()),
                moment.format("%:z")
            ),
            Value::Interval(interval) => interval.to_string(),
            _ => return None,
        })
    }
}

/// Six digits of microseconds, nine where there are nanoseconds, nothing for a whole second.
fn fraction(time: &NaiveTime) -> String {
    use chrono::Timelike as _;
    match time.nanosecond() % 1_000_000_000 {
        0 => String::new(),
        nanoseconds if nanoseconds % 1_000 == 0 => format!(".{:06}", nanoseconds / 1_000),
        nanoseconds => format!(".{nanoseconds:09}"),
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Number(number) => number.serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Object(object) => object.serialize(serializer),
            other => serializer.serialize_str(&other.text_form().unwrap_or_default()),
        }
    }
}
