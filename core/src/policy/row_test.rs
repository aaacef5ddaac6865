//! What is asked about rows, in a form that a database can be asked in.
//!
//! An expression over rows is CEL, and CEL has the last word. But whoever fetches the rows can leave out those for which
//! the answer is known beforehand, if it is told what is compared with what.

use crate::value::Value;

/// An expression over a row, as far as it is understood.
#[derive(Clone, Debug, PartialEq)]
pub enum RowTest {
    /// It comes to the same for every row: true, false, or an error.
    Known(Option<bool>),
    /// `x && y`: false if one of them is, whatever the others are.
    All(Vec<RowTest>),
    /// `x || y`: true if one of them is, whatever the others are.
    Any(Vec<RowTest>),
    /// `!x`.
    Not(Box<RowTest>),
    /// `x ? y : z`.
    Choice(Box<[RowTest; 3]>),
    /// A column, compared with a text, number, truth value or null.
    Compare {
        /// Name of the column.
        column: String,
        /// How.
        by: Comparison,
        /// With what.
        to: Value,
    },
    /// Whether a column is equal to one of several of these.
    In {
        /// Name of the column.
        column: String,
        /// The values.
        of: Vec<Value>,
    },
    /// A column that is the answer itself.
    Column(String),
    /// Anything else: it may come to whatever it likes.
    Opaque,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`: values of different kinds are unequal, numbers compare by value.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`: an error between values of different kinds.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

impl Comparison {
    /// The same comparison with its sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }
}
