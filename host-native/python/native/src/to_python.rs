//! Values as Python has them.

use std::sync::Arc;

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use mxcp_core::value::{ExactNumber, Interval, Object, Value};
use mxcp_runtime::ports::{ColumnKind, Table};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyByteArray, PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyList, PyString, PyTime, PyType,
    PyTzInfo,
};
use serde_json::Value as Json;

/// Digits from which on Python reads no text as an integer, unless it is asked to.
const MOST_DIGITS: usize = 4000;

/// What becomes of numbers such as `2.00`.
#[derive(Clone, Copy, Debug)]
enum Decimals {
    /// An `int`: they are JSON.
    AsIntegers,
    /// A `Decimal`: they are of a `DECIMAL`.
    Kept,
}

/// A value, as functions get it for an argument.
pub(crate) fn value<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    convert(py, value, Decimals::AsIntegers)
}

/// A value of SQL, or a part of one.
pub(crate) fn sql_value<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    convert(py, value, Decimals::Kept)
}

fn convert<'py>(py: Python<'py>, value: &Value, decimals: Decimals) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Value::Int(value) => value.into_pyobject(py)?.into_any(),
        Value::Float(value) => PyFloat::new(py, *value).into_any(),
        Value::Number(value) => number(py, value, decimals)?,
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
        Value::Date(date) => self::date(py, *date)?,
        Value::Time(time) => self::time(py, *time)?,
        Value::DateTime(moment) => datetime(py, *moment, None)?,
        Value::Timestamp(moment) => timestamp(py, moment)?,
        Value::Interval(interval) => self::interval(py, *interval)?,
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(convert(py, item, decimals)?)?;
            }
            list.into_any()
        }
        Value::Object(entries) => dict(py, entries, decimals)?.into_any(),
    })
}

/// An object as a dict.
pub(crate) fn object<'py>(py: Python<'py>, entries: &Object) -> PyResult<Bound<'py, PyDict>> {
    dict(py, entries, Decimals::AsIntegers)
}

fn dict<'py>(py: Python<'py>, entries: &Object, decimals: Decimals) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, item) in entries.iter() {
        dict.set_item(PyString::new(py, key), convert(py, item, decimals)?)?;
    }
    Ok(dict)
}

/// JSON as Python has it.
pub(crate) fn json(py: Python<'_>, json: Json) -> PyResult<Bound<'_, PyAny>> {
    value(py, &Value::from_json(json))
}

/// Rows as a list of dicts.
pub(crate) fn rows(py: Python<'_>, table: Table) -> PyResult<Bound<'_, PyList>> {
    let Table { rows, kinds } = table;
    let names: Vec<(&Arc<str>, Bound<'_, PyString>)> =
        rows.columns.iter().map(|name| (name, PyString::new(py, name))).collect();
    let list = PyList::empty(py);
    for row in &rows.rows {
        let dict = PyDict::new(py);
        let kinds = kinds.iter().copied().chain(std::iter::repeat(ColumnKind::Plain));
        for (place, ((key, item), kind)) in row.iter().zip(kinds).enumerate() {
            let cell = cell(py, item, kind)?;
            match names.get(place) {
                Some((name, text)) if *name == key => dict.set_item(text, cell)?,
                _ => dict.set_item(PyString::new(py, key), cell)?,
            }
        }
        list.append(dict)?;
    }
    Ok(list)
}

/// A value of a column.
fn cell<'py>(py: Python<'py>, item: &Value, kind: ColumnKind) -> PyResult<Bound<'py, PyAny>> {
    match (kind, item) {
        (_, Value::Date(date)) => datetime(py, date.and_time(NaiveTime::MIN), None),
        (_, Value::Bytes(bytes)) => Ok(PyByteArray::new(py, bytes).into_any()),
        (ColumnKind::Wide, Value::Int(number)) => {
            #[expect(clippy::cast_precision_loss, reason = "programs get such columns as doubles")]
            let number = *number as f64;
            Ok(PyFloat::new(py, number).into_any())
        }
        (ColumnKind::Wide, Value::Number(number)) => Ok(PyFloat::new(py, number.to_f64()).into_any()),
        (ColumnKind::Uuid, Value::String(text)) => {
            static UUID: PyOnceLock<Py<PyType>> = PyOnceLock::new();
            UUID.import(py, "uuid", "UUID")?.call1((text,))
        }
        _ => sql_value(py, item),
    }
}

/// An integer of any size, or a decimal.
fn number<'py>(py: Python<'py>, number: &ExactNumber, decimals: Decimals) -> PyResult<Bound<'py, PyAny>> {
    if matches!(decimals, Decimals::Kept) && number.as_str().contains('.') {
        return decimal(py)?.call1((number.as_str(),));
    }
    if let Some(number) = number.as_i128() {
        return Ok(number.into_pyobject(py)?.into_any());
    }
    let whole = number.is_integer();
    if whole && number.as_str().len() < MOST_DIGITS {
        let digits = number.as_str().split('.').next().unwrap_or_default();
        return py.get_type::<pyo3::types::PyInt>().call1((digits,));
    }
    let decimal = decimal(py)?.call1((number.as_str(),))?;
    // Unlike a text, a decimal becomes an integer however long it is.
    if whole { py.get_type::<pyo3::types::PyInt>().call1((decimal,)) } else { Ok(decimal) }
}

/// `decimal.Decimal`.
pub(crate) fn decimal(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    DECIMAL.import(py, "decimal", "Decimal")
}

/// A date; its text outside of Python's years.
fn date(py: Python<'_>, date: NaiveDate) -> PyResult<Bound<'_, PyAny>> {
    match (u8::try_from(date.month()), u8::try_from(date.day())) {
        (Ok(month), Ok(day)) if has_year(date) => Ok(PyDate::new(py, date.year(), month, day)?.into_any()),
        _ => Ok(PyString::new(py, &date.format("%Y-%m-%d").to_string()).into_any()),
    }
}

fn has_year(date: NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}

fn time(py: Python<'_>, time: NaiveTime) -> PyResult<Bound<'_, PyAny>> {
    let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(small);
    Ok(PyTime::new(py, hour, minute, second, microsecond(&time), None)?.into_any())
}

fn datetime<'py>(
    py: Python<'py>,
    moment: NaiveDateTime,
    zone: Option<&Bound<'py, PyTzInfo>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (date, time) = (moment.date(), moment.time());
    if !has_year(date) {
        return Ok(PyString::new(py, &moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string()).into_any());
    }
    let [month, day] = [date.month(), date.day()].map(small);
    let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(small);
    let made = PyDateTime::new(py, date.year(), month, day, hour, minute, second, microsecond(&time), zone)?;
    Ok(made.into_any())
}

fn timestamp<'py>(py: Python<'py>, moment: &DateTime<FixedOffset>) -> PyResult<Bound<'py, PyAny>> {
    let offset = moment.offset().local_minus_utc();
    let zone = if offset == 0 {
        PyTzInfo::utc(py)?.to_owned()
    } else {
        PyTzInfo::fixed_offset(py, PyDelta::new(py, 0, offset, 0, true)?)?
    };
    datetime(py, moment.naive_local(), Some(&zone))
}

/// A month counts as thirty days.
fn interval(py: Python<'_>, interval: Interval) -> PyResult<Bound<'_, PyAny>> {
    let days = i64::from(interval.months) * 30 + i64::from(interval.days);
    let amounts = PyDict::new(py);
    amounts.set_item(intern!(py, "days"), days)?;
    amounts.set_item(intern!(py, "microseconds"), interval.microseconds)?;
    py.get_type::<PyDelta>().call((), Some(&amounts))
}

/// A part of a date or time, all of which are below 60.
fn small(part: u32) -> u8 {
    u8::try_from(part).unwrap_or_default()
}

/// Without what a leap second has beyond a second, which Python does not know.
fn microsecond(time: &NaiveTime) -> u32 {
    time.nanosecond() % 1_000_000_000 / 1000
}
