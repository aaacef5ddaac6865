//! The columns of a result, with the types that its values have.

use std::collections::BTreeMap;

use mxcp_core::value::Value;
use mxcp_runtime::ports::{ColumnType, ExportColumn};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The name of the column of rows that have no columns of their own.
const VALUE: &str = "value";

/// Most digits that exact numbers of a column may have.
const DIGITS: usize = 38;

/// Digits of which every integer has 64 bits.
const INTEGER_DIGITS: usize = 18;

/// Digits that a number with an inexact fraction keeps.
const INEXACT_DIGITS: usize = 15;

/// The columns of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Columns {
    /// Whether rows are objects, whose keys are the columns.
    named: bool,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Column {
    name: String,
    seen: Seen,
}

/// What values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Seen {
    Nothing,
    Boolean,
    /// The most digits before and after the point, and whether some have a fraction that is not exact.
    Number {
        whole: usize,
        fraction: usize,
        inexact: bool,
    },
    Text,
    Nested,
    Mixed,
}

impl Columns {
    /// The columns of rows, in the order in which they first appear.
    pub(crate) fn of(rows: &[Value]) -> Self {
        let named = !rows.is_empty() && rows.iter().all(|row| row.as_object().is_some());
        let mut columns = Self { named, columns: Vec::new() };
        if !named {
            let seen = rows.iter().map(Seen::of).fold(Seen::Nothing, Seen::and);
            columns.columns.push(Column { name: VALUE.to_owned(), seen });
            return columns;
        }
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for (name, value) in rows.iter().filter_map(Value::as_object).flat_map(|row| row.iter()) {
            let seen = Seen::of(value);
            match places.get(&**name).and_then(|place| columns.columns.get_mut(*place)) {
                Some(column) => column.seen = column.seen.and(seen),
                None => {
                    places.insert(name.to_string(), columns.columns.len());
                    columns.columns.push(Column { name: name.to_string(), seen });
                }
            }
        }
        if columns.columns.is_empty() {
            // Rows without any key are rows all the same.
            columns.columns.push(Column { name: VALUE.to_owned(), seen: Seen::Nothing });
        }
        columns
    }

    /// As an exporter wants to know them.
    pub(crate) fn exported(&self) -> Vec<ExportColumn> {
        let column = |column: &Column| ExportColumn { name: column.name.clone(), kind: column.seen.kind() };
        self.columns.iter().map(column).collect()
    }

    /// The values of a row as texts, under the keys that an exporter expects.
    pub(crate) fn texts(&self, row: &Json) -> Json {
        let texts = self.columns.iter().enumerate().map(|(index, column)| {
            let value = match row {
                Json::Object(entries) if self.named => entries.get(&column.name),
                _ if self.named => None,
                other => Some(other),
            };
            (format!("c{index}"), value.map_or(Json::Null, text))
        });
        Json::Object(Map::from_iter(texts))
    }
}

fn text(value: &Json) -> Json {
    match value {
        Json::Null | Json::String(_) => value.clone(),
        other => Json::String(other.to_string()),
    }
}

impl Seen {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Seen::Nothing,
            Value::Bool(_) => Seen::Boolean,
            Value::Int(number) => Seen::digits(&number.to_string()),
            Value::Number(number) => Seen::digits(number.as_str()),
            Value::Float(_) => Seen::Number { whole: 0, fraction: 0, inexact: true },
            Value::Array(_) | Value::Object(_) => Seen::Nested,
            _ => Seen::Text,
        }
    }

    fn digits(number: &str) -> Self {
        let number = number.strip_prefix('-').unwrap_or(number);
        if number.contains(['e', 'E']) {
            return Seen::Number { whole: 0, fraction: 0, inexact: true };
        }
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        Seen::Number { whole: whole.len(), fraction: fraction.len(), inexact: false }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Seen::Nothing, seen) | (seen, Seen::Nothing) => seen,
            (
                Seen::Number { whole, fraction, inexact },
                Seen::Number { whole: other_whole, fraction: other_fraction, inexact: other_inexact },
            ) => Seen::Number {
                whole: whole.max(other_whole),
                fraction: fraction.max(other_fraction),
                inexact: inexact || other_inexact,
            },
            (one, other) if one == other => one,
            _ => Seen::Mixed,
        }
    }

    fn kind(self) -> ColumnType {
        let (whole, fraction, inexact) = match self {
            Seen::Boolean => return ColumnType::Boolean,
            Seen::Nested => return ColumnType::Json,
            Seen::Nothing | Seen::Text | Seen::Mixed => return ColumnType::Text,
            Seen::Number { whole, fraction, inexact } => (whole, fraction, inexact),
        };
        let digit = |digits: usize| u8::try_from(digits).unwrap_or(u8::MAX);
        match whole + fraction {
            digits if inexact && digits <= INEXACT_DIGITS => ColumnType::Number,
            _ if inexact => ColumnType::Text,
            digits if fraction == 0 && digits <= INTEGER_DIGITS => ColumnType::Integer,
            digits if digits <= DIGITS => {
                ColumnType::Decimal { width: digit(digits), scale: digit(fraction) }
            }
            _ => ColumnType::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::value::ExactNumber;

    use super::*;

    fn kinds(rows: &[Value]) -> Vec<(String, ColumnType)> {
        Columns::of(rows).exported().into_iter().map(|column| (column.name, column.kind)).collect()
    }

    fn json(text: &str) -> Vec<Value> {
        let Value::Array(rows) = Value::parse_json(text).unwrap() else { panic!("no list: {text}") };
        rows
    }

    #[test]
    fn columns_are_those_of_all_rows_with_types_that_lose_nothing() {
        let rows = json(
            r#"[{"a": 1, "b": true, "c": null, "d": [1], "e": 1},
                {"a": -20, "b": null, "c": null, "d": {"x": 1}, "e": "one", "f": "new"}]"#,
        );
        let names = ["a", "b", "c", "d", "e", "f"].map(str::to_owned);
        let types = [
            ColumnType::Integer,
            ColumnType::Boolean,
            ColumnType::Text,
            ColumnType::Json,
            ColumnType::Text,
            ColumnType::Text,
        ];
        assert_eq!(kinds(&rows), names.into_iter().zip(types).collect::<Vec<_>>());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let kind = |numbers: &[&str]| {
            let number = |text: &&str| Value::Number(ExactNumber::parse(text).unwrap());
            let rows: Vec<_> = numbers.iter().map(number).collect();
            kinds(&rows).pop().unwrap().1
        };
        assert_eq!(kind(&["1.50", "-100.125"]), ColumnType::Decimal { width: 6, scale: 3 });
        assert_eq!(kind(&["123456789012345678901"]), ColumnType::Decimal { width: 21, scale: 0 });
        assert_eq!(kind(&[&"1".repeat(39)]), ColumnType::Text);
        assert_eq!(kinds(&[Value::Float(0.5), Value::Int(3)])[0].1, ColumnType::Number);
        let wide = Value::Number(ExactNumber::parse("123456789012345678.5").unwrap());
        assert_eq!(kinds(&[Value::Float(0.5), wide])[0].1, ColumnType::Text);
        assert_eq!(kinds(&[Value::Int(i64::MIN)])[0].1, ColumnType::Decimal { width: 19, scale: 0 });
    }

    #[test]
    fn texts_are_what_the_values_say() {
        let columns = Columns::of(&json(r#"[{"a": 1, "b": "x"}]"#));
        let row: Json = serde_json::from_str(r#"{"b": "y", "a": 12.50}"#).unwrap();
        assert_eq!(columns.texts(&row).to_string(), r#"{"c0":"12.50","c1":"y"}"#);
        let values = Columns::of(&json(r#"[1, {"a": 2}]"#));
        assert_eq!(values.texts(&serde_json::json!({"a": 2})).to_string(), r#"{"c0":"{\"a\":2}"}"#);
    }
}
