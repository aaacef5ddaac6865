//! DuckDB's columns as those of the port.

use mxcp_runtime::ports::{Column, ColumnData, SqlType};

use super::kind::DECIMAL;
use crate::ffi::{TypeId, Vector};
use crate::rows::{self, Reader, Shape};

/// How the arguments of a function are read.
#[derive(Debug)]
pub(super) struct Arguments(Vec<Reading>);

#[derive(Debug)]
enum Reading {
    Booleans,
    Integers,
    Doubles,
    Texts,
    Values(Shape),
}

impl Arguments {
    /// For arguments of these types.
    pub(super) fn new(kinds: &[SqlType]) -> Self {
        Self(kinds.iter().map(Reading::of).collect())
    }

    /// Does something with the columns of a chunk.
    ///
    /// # Errors
    /// A vector is not what its type says.
    pub(super) fn with_columns<T>(
        &self,
        vectors: &[Vector<'_>],
        act: impl FnOnce(&[Column<'_>]) -> T,
    ) -> Result<T, String> {
        if vectors.len() != self.0.len() {
            return Err(unreadable());
        }
        // A byte of a row without a value may be anything, which no `bool` may, so these are copies.
        let booleans: Vec<Vec<bool>> =
            self.0.iter().zip(vectors).map(|(reading, vector)| reading.booleans(vector)).collect();
        let columns = self
            .0
            .iter()
            .zip(vectors)
            .zip(&booleans)
            .map(|((reading, vector), booleans)| reading.column(vector, booleans))
            .collect::<Option<Vec<_>>>();
        Ok(act(&columns.ok_or_else(unreadable)?))
    }
}

impl Reading {
    fn of(kind: &SqlType) -> Self {
        match kind {
            SqlType::Boolean => Self::Booleans,
            SqlType::Integer => Self::Integers,
            SqlType::Double => Self::Doubles,
            SqlType::Varchar => Self::Texts,
            other => Self::Values(shape(other)),
        }
    }

    fn booleans(&self, vector: &Vector<'_>) -> Vec<bool> {
        let bytes = match self {
            Self::Booleans => vector.values::<u8>(),
            _ => None,
        };
        bytes.unwrap_or_default().iter().map(|byte| *byte != 0).collect()
    }

    fn column<'a>(&'a self, vector: &Vector<'a>, booleans: &'a [bool]) -> Option<Column<'a>> {
        let data = match self {
            Self::Booleans => ColumnData::Booleans(booleans),
            Self::Integers => ColumnData::Integers(vector.values()?),
            Self::Doubles => ColumnData::Doubles(vector.values()?),
            Self::Texts => ColumnData::Texts(texts(vector)?),
            Self::Values(shape) => {
                let reader = Reader::new(shape, *vector, rows::OF_PROGRAMS)?;
                ColumnData::Values((0..vector.len()).map(|row| reader.read(row)).collect())
            }
        };
        Some(Column { validity: vector.validity(), data })
    }
}

fn texts<'a>(vector: &Vector<'a>) -> Option<Vec<&'a str>> {
    let bytes = vector.bytes()?;
    let text = |row| match vector.is_valid(row) {
        true => std::str::from_utf8(bytes.get(row)?).ok(),
        false => Some(""),
    };
    (0..vector.len()).map(text).collect()
}

/// How values of a type without a column of its own are read.
fn shape(kind: &SqlType) -> Shape {
    let boxed = |kind| Box::new(shape(kind));
    match kind {
        SqlType::Boolean => Shape::Simple(TypeId::Boolean),
        SqlType::Integer => Shape::Simple(TypeId::Integer),
        SqlType::BigInt => Shape::Simple(TypeId::BigInt),
        SqlType::UBigInt => Shape::Simple(TypeId::UBigInt),
        SqlType::Double => Shape::Simple(TypeId::Double),
        SqlType::Varchar => Shape::Simple(TypeId::Varchar),
        SqlType::Blob => Shape::Simple(TypeId::Blob),
        SqlType::Decimal => Shape::Decimal(DECIMAL.1),
        SqlType::Date => Shape::Simple(TypeId::Date),
        SqlType::Time => Shape::Simple(TypeId::Time),
        SqlType::Timestamp => Shape::Simple(TypeId::Timestamp),
        SqlType::Interval => Shape::Simple(TypeId::Interval),
        SqlType::Uuid => Shape::Simple(TypeId::Uuid),
        SqlType::List(item) => Shape::List(boxed(item)),
        SqlType::Map(key, value) if **key == SqlType::Varchar => Shape::Map(boxed(key), boxed(value)),
        SqlType::Map(key, value) => Shape::Entries(boxed(key), boxed(value)),
        SqlType::Struct(fields) => {
            Shape::Struct(fields.iter().map(|(name, kind)| (name.as_str().into(), shape(kind))).collect())
        }
    }
}

fn unreadable() -> String {
    "an argument is not stored as its type says".to_owned()
}
