//! Arguments of SQL functions, a column each.

use std::iter;

use base64::Engine as _;
use mxcp_core::value::Value;
use mxcp_runtime::ports::{Column, ColumnData, SqlType};
use serde::{Serialize, Serializer};

use super::{STANDARD, Tagged, tag};

/// The columns of one chunk.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    /// The columns.
    pub(crate) columns: &'a [Column<'a>],
    /// A type for each.
    pub(crate) types: &'a [SqlType],
    /// How many values each has.
    pub(crate) rows: usize,
}

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.rows;
        serializer.collect_seq(self.columns.iter().zip(self.types).map(|(column, sql_type)| Cells {
            column,
            sql_type,
            rows,
        }))
    }
}

struct Cells<'a> {
    column: &'a Column<'a>,
    sql_type: &'a SqlType,
    rows: usize,
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let column = self.column;
        match &column.data {
            ColumnData::Booleans(items) => serializer.collect_seq(self.valid(items.iter())),
            ColumnData::Integers(items) => serializer.collect_seq(self.valid(items.iter())),
            ColumnData::Doubles(items) => {
                serializer.collect_seq(self.valid(items.iter().copied().map(Double)))
            }
            ColumnData::Texts(items) => serializer.collect_seq(self.valid(items.iter())),
            ColumnData::Values(items) => {
                let typed = items.iter().map(|value| Typed { value, sql_type: self.sql_type });
                serializer.collect_seq(self.valid(typed))
            }
        }
    }
}

impl Cells<'_> {
    /// The values of the rows that have one.
    fn valid<T>(&self, items: impl Iterator<Item = T>) -> impl Iterator<Item = Option<T>> {
        let items = items.map(Some).chain(iter::repeat_with(|| None)).take(self.rows);
        items.enumerate().map(|(row, item)| item.filter(|_| self.column.is_valid(row)))
    }
}

/// A double, with those that JSON has no number for.
struct Double(f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value) = *self;
        if value.is_finite() {
            serializer.serialize_f64(value)
        } else {
            tag("$float", value.to_string(), serializer)
        }
    }
}

/// A value that is of a type, and becomes the one object that Python has for it.
struct Typed<'a> {
    value: &'a Value,
    sql_type: &'a SqlType,
}

impl<'a> Typed<'a> {
    fn new(value: &'a Value, sql_type: &'a SqlType) -> Self {
        Self { value, sql_type }
    }
}

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.sql_type) {
            (Value::Int(number), SqlType::Decimal) => tag("$decimal", number.to_string(), serializer),
            (Value::Number(number), SqlType::Decimal) => tag("$decimal", number.as_str(), serializer),
            (Value::Int(number), SqlType::Double) => serializer.serialize_f64(*number as f64),
            (Value::String(text), SqlType::Uuid) => tag("$uuid", text, serializer),
            (Value::Bytes(bytes), _) => tag("$bytes", STANDARD.encode(bytes), serializer),
            (Value::Array(items), SqlType::List(item)) => {
                serializer.collect_seq(items.iter().map(|value| Typed::new(value, item)))
            }
            (Value::Object(object), SqlType::Struct(fields)) => {
                let inner = object.iter().map(|(name, value)| (name, of_field(fields, name, value)));
                match object.len() {
                    // A lone key may look like a tag.
                    1 => tag("$map", inner.collect::<Vec<_>>(), serializer),
                    _ => serializer.collect_map(inner),
                }
            }
            (Value::Object(object), SqlType::Map(_, of)) => {
                let entries: Vec<_> =
                    object.iter().map(|(key, value)| (key, Typed::new(value, of))).collect();
                tag("$map", entries, serializer)
            }
            (Value::Array(entries), SqlType::Map(key, of)) => {
                let part = |entry: &'_ Value, name: &str| {
                    entry.as_object().and_then(|entry| entry.get(name)).cloned()
                };
                let pairs: Vec<(Value, Value)> = entries
                    .iter()
                    .map(|entry| {
                        (
                            part(entry, "key").unwrap_or(Value::Null),
                            part(entry, "value").unwrap_or(Value::Null),
                        )
                    })
                    .collect();
                let typed: Vec<_> =
                    pairs.iter().map(|(k, value)| (Typed::new(k, key), Typed::new(value, of))).collect();
                tag("$map", typed, serializer)
            }
            (value, _) => Tagged::part(value).serialize(serializer),
        }
    }
}

fn of_field<'a>(fields: &'a [(String, SqlType)], name: &str, value: &'a Value) -> Typed<'a> {
    let found = fields.iter().find(|(field, _)| field == name);
    Typed::new(value, found.map_or(&SqlType::Varchar, |(_, sql_type)| sql_type))
}
