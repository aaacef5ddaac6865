//! serde on a marked tree, with the leniency of the reference implementation: booleans and numbers may be
//! written as text, texts may not be written as anything else.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};

use super::node::{Data, Node};

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The boolean a text or number stands for.
pub(super) fn lenient_bool(data: &Data) -> Option<bool> {
    match data {
        Data::Bool(value) => Some(*value),
        Data::Int(0) => Some(false),
        Data::Int(1) => Some(true),
        Data::String { text, .. } => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" | "t" | "y" => Some(true),
            "false" | "no" | "off" | "0" | "f" | "n" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The integer a number or text stands for.
pub(super) fn lenient_integer(data: &Data) -> Option<i64> {
    match data {
        Data::Int(value) => Some(*value),
        Data::Bool(value) => Some(i64::from(*value)),
        Data::Float(_) | Data::String { .. } => {
            let text = match data {
                Data::String { text, .. } => text.trim().to_owned(),
                _ => lenient_number(data)?.to_string(),
            };
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            fraction.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok()).flatten()
        }
        _ => None,
    }
}

/// The number a number or text stands for.
pub(super) fn lenient_number(data: &Data) -> Option<f64> {
    match data {
        Data::Float(value) => Some(*value),
        Data::Wide(digits) => digits.parse().ok(),
        Data::Bool(value) => Some(f64::from(u8::from(*value))),
        #[expect(clippy::cast_precision_loss, reason = "the caller asks for a double")]
        Data::Int(value) => Some(*value as f64),
        Data::String { text, .. } => text.trim().parse().ok(),
        _ => None,
    }
}

/// An unquoted date, or date and time, as ISO 8601 has it: `2024-02-29 13:14:15` becomes `2024-02-29T13:14:15`.
fn iso(written: &str) -> String {
    match written.split_at_checked("2024-02-29".len()) {
        Some((date, time)) if !time.is_empty() => {
            let time = time.trim_start_matches(['T', 't', ' ', '\t']).replace([' ', '\t'], "");
            format!("{date}T{time}")
        }
        _ => written.to_owned(),
    }
}

macro_rules! integers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match lenient_integer(&self.data) {
                Some(value) => visitor.visit_i64(value),
                None => self.deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.data {
            Data::Null => visitor.visit_unit(),
            Data::Bool(value) => visitor.visit_bool(*value),
            Data::Int(value) => visitor.visit_i64(*value),
            Data::Float(value) => visitor.visit_f64(*value),
            // serde has no wider integer that every visitor takes; JSON values take the digits.
            Data::Wide(digits) => match digits.parse::<serde_json::Number>() {
                Ok(number) => number.into_deserializer_any(visitor),
                Err(_) => visitor.visit_str(digits),
            },
            Data::Timestamp(text) => visitor.visit_string(iso(text)),
            Data::String { text, .. } => visitor.visit_borrowed_str(text),
            Data::Sequence(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Data::Mapping(entries) => visitor.visit_map(MapDeserializer::new(
                entries.iter().map(|entry| (entry.key.as_str(), &entry.value)),
            )),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match lenient_bool(&self.data) {
            Some(value) => visitor.visit_bool(value),
            None => self.deserialize_any(visitor),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match lenient_number(&self.data) {
            Some(value) => visitor.visit_f64(value),
            None => self.deserialize_any(visitor),
        }
    }

    /// A text field takes nothing but text: no date, which an unquoted one would be.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.as_str() {
            Some(text) => visitor.visit_borrowed_str(text),
            None => Err(de::Error::custom("expected a text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.data {
            Data::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.as_str() {
            Some(text) => visitor.visit_enum(text.into_deserializer()),
            None => Err(de::Error::custom("expected a text")),
        }
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Hands a JSON number to a visitor with all its digits.
trait AnyNumber {
    fn into_deserializer_any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error>;
}

impl AnyNumber for serde_json::Number {
    fn into_deserializer_any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        serde_json::Value::Number(self).deserialize_any(visitor).map_err(de::Error::custom)
    }
}
