//! What objects have in common that are alike.

use std::sync::Arc;

use mxcp_core::value::{Object, Value};

use super::is_scalar;
use super::scalar::{key, scalar};

/// A column of rows.
#[derive(Debug)]
pub(super) struct Column {
    name: Arc<str>,
    /// The columns of the objects that are in it; none if there are single values in it.
    group: Vec<Column>,
}

/// The columns of objects: those of the first, if all have the same keys, and under each of them single values or alike objects.
pub(super) fn of(objects: &[&Object]) -> Option<Vec<Column>> {
    let first = objects.first().filter(|first| !first.is_empty())?;
    if objects.iter().any(|object| object.len() != first.len()) {
        return None;
    }
    first.keys().map(|name| column(name, objects)).collect()
}

fn column(name: &Arc<str>, objects: &[&Object]) -> Option<Column> {
    let values: Vec<&Value> = objects.iter().map(|object| object.get(name)).collect::<Option<_>>()?;
    if values.iter().all(|value| is_scalar(value)) {
        return Some(Column { name: Arc::clone(name), group: Vec::new() });
    }
    let objects: Vec<&Object> = values.into_iter().map(Value::as_object).collect::<Option<_>>()?;
    Some(Column { name: Arc::clone(name), group: of(&objects)? })
}

/// The names of columns, as a header has them.
pub(super) fn header(columns: &[Column]) -> String {
    let name = |column: &Column| {
        let name = key(&column.name);
        if column.group.is_empty() { name } else { format!("{name}{{{}}}", header(&column.group)) }
    };
    columns.iter().map(name).collect::<Vec<_>>().join(",")
}

/// The values of a row under its columns.
pub(super) fn cells(columns: &[Column], row: &Object, into: &mut Vec<String>) {
    for column in columns {
        match row.get(&column.name) {
            Some(Value::Object(group)) => cells(&column.group, group, into),
            Some(value) => into.push(scalar(value)),
            None => into.push(scalar(&Value::Null)),
        }
    }
}
