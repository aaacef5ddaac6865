//! Rows of a query, as `db.execute` gives them.

use chrono::NaiveTime;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::ports::{ColumnKind, Table};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::{STANDARD, Tagged, double, moment_text, tag};
use base64::Engine as _;

/// A whole table.
pub(crate) struct Cells<'a>(pub(crate) &'a Table);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Table { rows, kinds } = self.0;
        let mut table = serializer.serialize_struct("Table", 2)?;
        table.serialize_field("columns", &rows.columns)?;
        let rows: Vec<Row<'_>> = rows.rows.iter().map(|row| Row { row, kinds }).collect();
        table.serialize_field("rows", &rows)?;
        table.end()
    }
}

struct Row<'a> {
    row: &'a Object,
    kinds: &'a [ColumnKind],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kinds = self.kinds.iter().copied().chain(std::iter::repeat(ColumnKind::Plain));
        serializer.collect_seq(self.row.iter().zip(kinds).map(|((_, value), kind)| Cell { value, kind }))
    }
}

struct Cell<'a> {
    value: &'a Value,
    kind: ColumnKind,
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.kind) {
            // Digits of a double, so that Python reads a `float`; one beyond its range is infinite there too.
            (Value::Int(value), ColumnKind::Wide) => serializer.serialize_f64(*value as f64),
            (Value::Number(number), ColumnKind::Wide) => double(number.to_f64(), serializer),
            (Value::String(text), ColumnKind::Uuid) => tag("$uuid", text, serializer),
            (Value::Date(date), _) => {
                tag("$datetime", moment_text(&date.and_time(NaiveTime::MIN)), serializer)
            }
            (Value::Bytes(bytes), _) => tag("$bytearray", STANDARD.encode(bytes), serializer),
            (value, _) => Tagged::part(value).serialize(serializer),
        }
    }
}
