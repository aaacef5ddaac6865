//! Columns, and what SQL and CEL surely agree on about them.

use std::sync::Arc;

use mxcp_core::value::Value;

use crate::ffi::{LogicalType, TypeId};

/// Doubles tell all integers up to here apart.
const EXACT: i64 = 1 << 53;

/// Most digits of a DECIMAL of which no two are the same double.
const DECIMAL_DIGITS: u8 = 15;

/// Integers of so many digits are told apart from every such DECIMAL.
const DECIMAL_LIMIT: i64 = 1_000_000_000_000_000;

/// A column of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// What rows call it.
    pub(crate) name: Arc<str>,
    /// What is in it.
    pub(crate) kind: ColumnType,
}

/// What is in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    Boolean,
    /// Of up to 64 bits.
    Integer,
    Double,
    /// Of up to 15 digits.
    Decimal,
    Text,
    Enum,
    /// Anything that is not asked about.
    Other,
}

/// A column beside a value.
pub(super) enum Pair {
    /// They compare: the column with `#` for its name, and the value with its type.
    Comparable { column: &'static str, bound: Value, cast: &'static str },
    /// They are of different kinds, so never equal, and in no order.
    Different,
    /// The value is null.
    Null,
    /// Nobody knows.
    Unsure,
}

impl ColumnType {
    /// Of a type of DuckDB.
    pub(crate) fn of(kind: &LogicalType) -> Self {
        match kind.id() {
            TypeId::Enum => Self::Enum,
            // JSON is a text that compares otherwise.
            _ if kind.has_alias() => Self::Other,
            TypeId::Boolean => Self::Boolean,
            TypeId::TinyInt
            | TypeId::SmallInt
            | TypeId::Integer
            | TypeId::BigInt
            | TypeId::UTinyInt
            | TypeId::USmallInt
            | TypeId::UInteger
            | TypeId::UBigInt => Self::Integer,
            TypeId::Double => Self::Double,
            TypeId::Decimal if kind.decimal_width() <= DECIMAL_DIGITS => Self::Decimal,
            TypeId::Varchar => Self::Text,
            _ => Self::Other,
        }
    }

    /// The column of this type beside a value.
    pub(super) fn pair(self, value: &Value) -> Pair {
        let number =
            |column, value: f64| Pair::Comparable { column, bound: Value::Float(value), cast: "DOUBLE" };
        match (self, value) {
            (Self::Other, _) => Pair::Unsure,
            (_, Value::Null) => Pair::Null,
            (Self::Text | Self::Enum, Value::String(text)) => Pair::Comparable {
                // Whatever order the column has, that of CEL is that of the bytes.
                column: if self == Self::Enum { "#::VARCHAR" } else { "(# COLLATE C)" },
                bound: Value::string(text),
                cast: "VARCHAR",
            },
            (Self::Boolean, Value::Bool(_)) => {
                Pair::Comparable { column: "#", bound: value.clone(), cast: "BOOLEAN" }
            }
            (Self::Integer, Value::Int(int)) => {
                Pair::Comparable { column: "#", bound: Value::Int(*int), cast: "BIGINT" }
            }
            (Self::Integer, Value::Float(float)) => match whole(*float) {
                Some(int) => Pair::Comparable { column: "#", bound: Value::Int(int), cast: "BIGINT" },
                None => Pair::Unsure,
            },
            (Self::Double, Value::Float(float)) => number("#", *float),
            (Self::Decimal, Value::Float(float)) => number("#::DOUBLE", *float),
            (Self::Double, Value::Int(int)) => double(*int, EXACT).map_or(Pair::Unsure, |it| number("#", it)),
            (Self::Decimal, Value::Int(int)) => {
                double(*int, DECIMAL_LIMIT).map_or(Pair::Unsure, |it| number("#::DOUBLE", it))
            }
            (_, Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_)) => Pair::Different,
            _ => Pair::Unsure,
        }
    }

    /// Whether rows have null in the column, in SQL that is never NULL itself.
    pub(super) fn is_null(self, name: &str) -> String {
        match self {
            // JSON has no word for the others.
            Self::Double => format!("({name} IS NULL OR NOT isfinite({name}))"),
            _ => format!("{name} IS NULL"),
        }
    }
}

/// An integer as a double, if its magnitude is below `limit`.
fn double(int: i64, limit: i64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "the magnitude is checked")]
    (int.unsigned_abs() < limit.unsigned_abs()).then_some(int as f64)
}

/// A double as the integer that it is.
fn whole(float: f64) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    let fits = float.fract() == 0.0 && float.abs() < EXACT as f64;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    fits.then_some(float as i64)
}
