//! Results as rows of values.

mod digits;
mod names;
mod reader;
mod shape;
mod temporal;

use std::sync::Arc;

use mxcp_core::registry::Rows;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::ports::{ColumnKind, SqlError, Table};

pub(crate) use self::names::unique;
pub(crate) use self::reader::{Make, Reader};
pub(crate) use self::shape::Shape;
use crate::control::Control;
use crate::ffi::{Chunk, LogicalType, QueryResult, TypeId};

/// Doubles of a result that becomes JSON, which has no word for NaN and infinities.
pub(crate) const OF_JSON: Make<f64> = Value::float;

/// Doubles of a result that a program gets, which may well have them.
pub(crate) const OF_PROGRAMS: Make<f64> = Value::Float;

/// All rows of a result, and what its types say besides. The names of the columns are shared between them; `names` are
/// used instead of the result's if there are as many.
///
/// # Errors
/// A column has a type without a JSON form, or the job was taken back.
pub(crate) fn collect(
    mut result: QueryResult,
    names: Option<&[String]>,
    double: Make<f64>,
    control: &Control,
) -> Result<Table, SqlError> {
    let (own, types): (Vec<_>, Vec<_>) = result.columns().into_iter().unzip();
    let columns = unique(names.filter(|names| names.len() == own.len()).map_or(own, <[_]>::to_vec));
    let shapes = columns
        .iter()
        .zip(&types)
        .map(|(name, kind)| Shape::of(kind).map_err(|problem| SqlError::Rejected(problem.of_column(name))))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    while let Some(chunk) = result.next_chunk() {
        if control.is_cancelled() {
            return Err(SqlError::Cancelled);
        }
        read(&chunk, &columns, &shapes, double, &mut rows).ok_or_else(unreadable)?;
    }
    // A definition has a column of DuckDB's own, and rows only if it counts them (`CREATE TABLE … AS`).
    if rows.is_empty() && !result.has_rows() {
        return Ok(Table::default());
    }
    Ok(Table { rows: Rows { columns, rows }, kinds: types.iter().map(column_kind).collect() })
}

fn column_kind(kind: &LogicalType) -> ColumnKind {
    match kind.id() {
        TypeId::HugeInt | TypeId::UHugeInt | TypeId::Decimal => ColumnKind::Wide,
        TypeId::Uuid => ColumnKind::Uuid,
        _ => ColumnKind::Plain,
    }
}

/// Appends the rows of a chunk; none if a vector is not what its type says.
fn read(
    chunk: &Chunk,
    columns: &[Arc<str>],
    shapes: &[Shape],
    double: Make<f64>,
    rows: &mut Vec<Object>,
) -> Option<()> {
    let readers = shapes
        .iter()
        .enumerate()
        .map(|(index, shape)| Reader::new(shape, chunk.column(index)?, double))
        .collect::<Option<Vec<_>>>()?;
    rows.reserve(chunk.len());
    for row in 0..chunk.len() {
        let mut object = Object::with_capacity(columns.len());
        for (name, reader) in columns.iter().zip(&readers) {
            object.push(Arc::clone(name), reader.read(row));
        }
        rows.push(object);
    }
    Some(())
}

fn unreadable() -> SqlError {
    SqlError::Internal("a column of the result is not stored as its type says".into())
}
