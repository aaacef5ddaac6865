//! Functions for SQL that are computed outside of the database.

use std::fmt;
use std::sync::Arc;

use mxcp_core::value::Value;

use crate::scope::CallScope;

/// A scalar function. It is called with whole columns, from any thread of the database, several at a time.
pub trait SqlFunction: fmt::Debug + Send + Sync {
    /// What SQL calls it.
    fn name(&self) -> &str;

    /// Types of its arguments.
    fn parameters(&self) -> &[SqlType];

    /// Type of its result.
    fn returns(&self) -> &SqlType;

    /// Computes `rows` results, in order, from as many values of each argument, for the call that the query belongs to.
    ///
    /// # Errors
    /// The query fails with this message.
    fn evaluate(
        &self,
        arguments: &[Column<'_>],
        rows: usize,
        scope: &Arc<CallScope>,
    ) -> Result<Results, String>;
}

/// A type of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlType {
    /// `BOOLEAN`.
    Boolean,
    /// `INTEGER`, 32 bits.
    Integer,
    /// `BIGINT`, 64 bits.
    BigInt,
    /// `UBIGINT`, 64 bits without a sign.
    UBigInt,
    /// `DOUBLE`.
    Double,
    /// `VARCHAR`.
    Varchar,
    /// `BLOB`.
    Blob,
    /// `DECIMAL(18, 3)`.
    Decimal,
    /// `DATE`.
    Date,
    /// `TIME`.
    Time,
    /// `TIMESTAMP`.
    Timestamp,
    /// `INTERVAL`.
    Interval,
    /// `UUID`.
    Uuid,
    /// `T[]`.
    List(Box<SqlType>),
    /// `MAP(K, V)`.
    Map(Box<SqlType>, Box<SqlType>),
    /// `STRUCT(…)`.
    Struct(Vec<(String, SqlType)>),
}

impl SqlType {
    /// The type of a name that stands for itself, as the Python package writes it: in upper case, without parameters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "BOOLEAN" => SqlType::Boolean,
            "INTEGER" => SqlType::Integer,
            "BIGINT" => SqlType::BigInt,
            "UBIGINT" => SqlType::UBigInt,
            "DOUBLE" => SqlType::Double,
            "VARCHAR" => SqlType::Varchar,
            "BLOB" => SqlType::Blob,
            "DECIMAL" => SqlType::Decimal,
            "DATE" => SqlType::Date,
            "TIME" => SqlType::Time,
            "TIMESTAMP" => SqlType::Timestamp,
            "INTERVAL" => SqlType::Interval,
            "UUID" => SqlType::Uuid,
            _ => return None,
        })
    }
}

/// The values of one argument.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    /// Bit `row % 64` of word `row / 64` says whether the row has a value; none: all have.
    pub validity: Option<&'a [u64]>,
    /// The values; of rows without one, anything.
    pub data: ColumnData<'a>,
}

/// Values by type. Those that programs compute with by the million are as the database keeps them.
#[derive(Clone, Debug)]
pub enum ColumnData<'a> {
    /// `BOOLEAN`.
    Booleans(&'a [bool]),
    /// `INTEGER`.
    Integers(&'a [i32]),
    /// `DOUBLE`.
    Doubles(&'a [f64]),
    /// `VARCHAR`.
    Texts(Vec<&'a str>),
    /// Any other type. Maps are objects, or arrays of `{key, value}` where a key is no text; UUIDs are texts.
    Values(Vec<Value>),
}

/// What a function gave, a value or nothing for each row.
#[derive(Clone, Debug)]
pub enum Results {
    /// For `BOOLEAN`.
    Booleans(Vec<Option<bool>>),
    /// For `INTEGER`.
    Integers(Vec<Option<i32>>),
    /// For `DOUBLE`.
    Doubles(Vec<Option<f64>>),
    /// For `VARCHAR`.
    Texts(Vec<Option<String>>),
    /// For any type: the database converts each as a cast does, or fails the query.
    Values(Vec<Value>),
}

impl Column<'_> {
    /// Whether a row has a value.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        let Some(words) = self.validity else { return true };
        words.get(row / 64).is_none_or(|word| word >> (row % 64) & 1 == 1)
    }
}

impl Results {
    /// How many rows they are for.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Results::Booleans(items) => items.len(),
            Results::Integers(items) => items.len(),
            Results::Doubles(items) => items.len(),
            Results::Texts(items) => items.len(),
            Results::Values(items) => items.len(),
        }
    }

    /// Whether they are for no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
