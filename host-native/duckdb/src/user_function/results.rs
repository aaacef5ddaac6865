//! What a function gave, into DuckDB's columns.

use std::collections::BTreeSet;

use mxcp_core::value::Value;
use mxcp_runtime::ports::{Results, SqlType};

use super::kind;
use super::misfit::misfit;
use crate::bind;
use crate::ffi::{ListEntry, LogicalType, Months, Output};

/// Fills a column of a type.
///
/// # Errors
/// There are more or fewer results than rows, or one can't be cast to the type.
pub(super) fn write(results: Results, kind: &SqlType, output: &mut Output<'_>) -> Result<(), String> {
    if results.len() != output.len() {
        return Err(format!("the function gave {} results for {} rows", results.len(), output.len()));
    }
    match (results, kind) {
        (Results::Booleans(items), SqlType::Boolean) => {
            output.set_all(items.into_iter().map(|item| item.map(u8::from)))
        }
        (Results::Integers(items), SqlType::Integer) => output.set_all(items.into_iter()),
        (Results::Doubles(items), SqlType::Double) => output.set_all(items.into_iter()),
        (Results::Texts(items), SqlType::Varchar) => {
            items.iter().enumerate().try_for_each(|(row, item)| output.set_text(row, item.as_deref()))
        }
        (Results::Values(items), kind) => write_values(&items.iter().collect::<Vec<_>>(), kind, output),
        (Results::Booleans(items), kind) => as_values(items, Value::Bool, kind, output),
        (Results::Integers(items), kind) => as_values(items, |item| Value::Int(item.into()), kind, output),
        (Results::Doubles(items), kind) => as_values(items, Value::float, kind, output),
        (Results::Texts(items), kind) => as_values(items, Value::String, kind, output),
    }
}

/// Results of another type than that of the column.
fn as_values<T>(
    items: Vec<Option<T>>,
    value: impl Fn(T) -> Value,
    kind: &SqlType,
    output: &mut Output<'_>,
) -> Result<(), String> {
    let values: Vec<Value> = items.into_iter().map(|item| item.map_or(Value::Null, &value)).collect();
    write_values(&values.iter().collect::<Vec<_>>(), kind, output)
}

fn write_values(items: &[&Value], kind: &SqlType, output: &mut Output<'_>) -> Result<(), String> {
    match kind {
        SqlType::List(item) => {
            let mut parts = Vec::new();
            write_lists(items, output, |value| {
                let Value::Array(list) = value else { return Err(misfit(value, kind)) };
                parts.extend(list);
                Ok(list.len())
            })?;
            write_values(&parts, item, &mut output.items(parts.len())?)
        }
        SqlType::Map(key, value) => write_maps(items, kind, (key, value), output),
        SqlType::Struct(fields) => write_structs(items, kind, fields, output),
        scalar => write_scalars(items, scalar, output),
    }
}

/// Writes where the items of each list are. `collect` gives how many there are.
fn write_lists<'a>(
    items: &[&'a Value],
    output: &mut Output<'_>,
    mut collect: impl FnMut(&'a Value) -> Result<usize, String>,
) -> Result<(), String> {
    let mut start = 0;
    for (row, item) in items.iter().enumerate() {
        let length = if item.is_null() { 0 } else { collect(item)? };
        output.set(row, ListEntry::new(start, length))?;
        if item.is_null() {
            output.set_null(row)?;
        }
        start += length;
    }
    Ok(())
}

/// Maps are objects, or arrays of `{key, value}`.
fn write_maps(
    items: &[&Value],
    kind: &SqlType,
    (key, value): (&SqlType, &SqlType),
    output: &mut Output<'_>,
) -> Result<(), String> {
    let (mut keys, mut values) = (Vec::<Value>::new(), Vec::new());
    write_lists(items, output, |map| {
        let before = keys.len();
        match map {
            Value::Object(object) => {
                for (key, value) in object.iter() {
                    keys.push(Value::string(&**key));
                    values.push(value);
                }
            }
            Value::Array(entries) => {
                for entry in entries {
                    let fields = entry.as_object().map(|entry| (entry.get("key"), entry.get("value")));
                    let Some((Some(key), Some(value))) = fields else { return Err(misfit(map, kind)) };
                    keys.push(key.clone());
                    values.push(value);
                }
            }
            other => return Err(misfit(other, kind)),
        }
        check_keys(keys.get(before..).unwrap_or_default())?;
        Ok(keys.len() - before)
    })?;
    let mut entries = output.items(keys.len())?;
    write_values(&keys.iter().collect::<Vec<_>>(), key, &mut entries.part(0)?)?;
    write_values(&values, value, &mut entries.part(1)?)
}

fn check_keys(keys: &[Value]) -> Result<(), String> {
    if keys.iter().any(Value::is_null) {
        return Err("Map keys can not be NULL.".to_owned());
    }
    let texts: BTreeSet<String> = keys.iter().map(Value::to_json_text).collect();
    if texts.len() < keys.len() { Err("Map keys must be unique.".to_owned()) } else { Ok(()) }
}

/// Structs are objects, whose keys may be missing, or arrays of all values in order.
fn write_structs(
    items: &[&Value],
    kind: &SqlType,
    fields: &[(String, SqlType)],
    output: &mut Output<'_>,
) -> Result<(), String> {
    for (row, item) in items.iter().enumerate() {
        match item {
            Value::Null => output.set_null(row)?,
            Value::Object(object) => {
                let unknown = object.keys().find(|key| fields.iter().all(|(name, _)| **name != ***key));
                if let Some(key) = unknown {
                    return Err(format!(
                        "Cannot cast STRUCTs - element \"{key}\" was not found in {}",
                        kind::text(kind)
                    ));
                }
            }
            Value::Array(values) if values.len() == fields.len() => {}
            other => return Err(misfit(other, kind)),
        }
    }
    for (index, (name, kind)) in fields.iter().enumerate() {
        let values: Vec<&Value> = items.iter().map(|item| field(item, name, index)).collect();
        write_values(&values, kind, &mut output.part(index)?)?;
    }
    Ok(())
}

/// The value of a field; null if the struct has none.
fn field<'a>(item: &'a Value, name: &str, index: usize) -> &'a Value {
    let value = match item {
        Value::Object(object) => object.get(name),
        Value::Array(values) => values.get(index),
        _ => None,
    };
    value.unwrap_or(&Value::Null)
}

fn write_scalars(items: &[&Value], kind: &SqlType, output: &mut Output<'_>) -> Result<(), String> {
    let logical_type = kind::logical_type(kind)?;
    for (row, item) in items.iter().enumerate() {
        write_scalar(row, item, kind, &logical_type, output)?;
    }
    Ok(())
}

/// Values of the type itself are written at once, others are cast by DuckDB.
fn write_scalar(
    row: usize,
    value: &Value,
    kind: &SqlType,
    logical_type: &LogicalType,
    output: &mut Output<'_>,
) -> Result<(), String> {
    match (value, kind) {
        (Value::Null, _) => output.set_null(row),
        (Value::Bool(value), SqlType::Boolean) => output.set(row, u8::from(*value)),
        (Value::Int(number), SqlType::Integer) => {
            output.set(row, i32::try_from(*number).map_err(|_| misfit(value, kind))?)
        }
        (Value::Int(number), SqlType::BigInt) => output.set(row, *number),
        (Value::Float(number), SqlType::Double) => output.set(row, *number),
        (Value::String(text), SqlType::Varchar) => output.set_text(row, Some(text)),
        (Value::Bytes(bytes), SqlType::Blob) => output.set_bytes(row, bytes),
        (Value::Date(date), SqlType::Date) => output.set(row, bind::epoch_days(*date)),
        (Value::Time(time), SqlType::Time) => output.set(row, bind::micros_of_day(*time)),
        (Value::DateTime(moment), SqlType::Timestamp) => output.set(row, moment.and_utc().timestamp_micros()),
        (Value::Interval(interval), SqlType::Interval) => {
            let (months, days, micros) = (interval.months, interval.days, interval.microseconds);
            output.set(row, Months { months, days, micros })
        }
        (other, kind) => {
            let parameter = bind::parameter(other)?;
            if output.cast(row, &parameter, logical_type)? { Ok(()) } else { Err(misfit(other, kind)) }
        }
    }
}
