//! Arguments of SQL functions, a column each.

use std::iter;

use mxcp_runtime::ports::{Column, ColumnData};
use serde::{Serialize, Serializer};

use super::Tagged;

/// The columns of one chunk.
pub(crate) struct Arguments<'a> {
    /// The columns.
    pub(crate) columns: &'a [Column<'a>],
    /// How many values each has.
    pub(crate) rows: usize,
}

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.rows;
        serializer.collect_seq(self.columns.iter().map(|column| Cells { column, rows }))
    }
}

struct Cells<'a> {
    column: &'a Column<'a>,
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
            ColumnData::Values(items) => serializer.collect_seq(self.valid(items.iter().map(Tagged::part))),
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

/// A double of any kind.
struct Double(f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        super::double(self.0, serializer)
    }
}
