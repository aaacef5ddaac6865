//! What functions give, as values.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{FixedOffset, NaiveDate, NaiveTime, TimeZone as _};
use mxcp_core::value::{ExactNumber, Interval, Object, Value};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyDate, PyDateAccess as _, PyDateTime, PyDelta, PyDeltaAccess as _, PyDict, PyFloat,
    PyInt, PyList, PyString, PyTime, PyTuple, PyType,
};

use crate::{contract, to_python};

/// How deep results may be nested.
const MOST_LEVELS: usize = 100;

/// How many values a result may have: what refers to itself many times over has more than there is memory for.
const MOST_VALUES: usize = 10_000_000;

/// A day.
const MICROSECONDS_OF_DAY: i128 = 86_400_000_000;

/// How often a value may be said by another one that is no base type either.
const MOST_STEPS: usize = 16;

/// A converted value.
#[derive(Debug)]
pub(crate) struct Converted {
    /// The value.
    pub(crate) value: Value,
    /// Whether there is a content block of MCP in it.
    pub(crate) content: bool,
}

/// Converts a result. Where it is not `typed`, decimals become texts.
///
/// # Errors
/// It is nested too deep, or code that says what an object is fails.
pub(crate) fn convert(result: &Bound<'_, PyAny>, typed: bool) -> PyResult<Converted> {
    let mut walker = Walker { typed, double: Value::float, values: 0, content: false };
    let value = walker.value(result, 0, 0)?;
    Ok(Converted { value, content: walker.content })
}

/// Converts what SQL is to have, which knows NaN and infinities.
///
/// # Errors
/// As [`convert`].
pub(crate) fn for_sql(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    Walker { typed: true, double: Value::Float, values: 0, content: false }.value(value, 0, 0)
}

/// A text without half characters, which UTF-8 has no bytes for.
pub(crate) fn text(text: &Bound<'_, PyString>) -> PyResult<String> {
    if let Ok(text) = text.to_str() {
        return Ok(text.to_owned());
    }
    let py = text.py();
    let bytes =
        text.call_method1(intern!(py, "encode"), (intern!(py, "utf-16-le"), intern!(py, "surrogatepass")))?;
    let units: Vec<u16> = bytes
        .cast::<PyBytes>()?
        .as_bytes()
        .chunks_exact(2)
        .map(|unit| match unit {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        })
        .collect();
    Ok(String::from_utf16_lossy(&units))
}

struct Walker {
    typed: bool,
    double: fn(f64) -> Value,
    values: usize,
    content: bool,
}

impl Walker {
    /// Converts one value at a level. `steps` counts what stood for it before.
    fn value(&mut self, value: &Bound<'_, PyAny>, level: usize, steps: usize) -> PyResult<Value> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(PyValueError::new_err(format!("Result has more than {MOST_VALUES} values")));
        }
        if let Ok(text) = value.cast_exact::<PyString>() {
            return Ok(Value::String(self::text(text)?));
        }
        if let Ok(number) = value.cast_exact::<PyInt>() {
            return integer(number);
        }
        if let Ok(number) = value.cast_exact::<PyFloat>() {
            return Ok((self.double)(number.value()));
        }
        if value.is_none() {
            return Ok(Value::Null);
        }
        if let Ok(value) = value.cast_exact::<PyBool>() {
            return Ok(Value::Bool(value.is_true()));
        }
        if let Ok(dict) = value.cast_exact::<PyDict>() {
            return self.object(dict, level);
        }
        if let Ok(list) = value.cast_exact::<PyList>() {
            return self.array(list.len(), list.iter(), level);
        }
        if let Ok(tuple) = value.cast_exact::<PyTuple>() {
            return self.array(tuple.len(), tuple.iter(), level);
        }
        if let Ok(bytes) = value.cast_exact::<PyBytes>() {
            return Ok(self.bytes(bytes.as_bytes(), level));
        }
        if let Some(value) = self.uncommon(value, level)? {
            return Ok(value);
        }
        if steps >= MOST_STEPS {
            let name = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!("Object of type {name} is not JSON serializable")));
        }
        let py = value.py();
        let simple = contract::package(py)?.call_method1(intern!(py, "simplify"), (value, self.typed))?;
        self.value(&simple, level, steps + 1)
    }

    /// The base types whose classes Python does not have at once.
    fn uncommon(&mut self, value: &Bound<'_, PyAny>, level: usize) -> PyResult<Option<Value>> {
        let py = value.py();
        if let Ok(moment) = value.cast_exact::<PyDateTime>() {
            return datetime(moment).map(Some);
        }
        if let Ok(day) = value.cast_exact::<PyDate>() {
            return Ok(Some(Value::Date(date(day)?)));
        }
        if let Ok(clock) = value.cast_exact::<PyTime>() {
            return Ok(Some(Value::Time(time(clock)?)));
        }
        if let Ok(delta) = value.cast_exact::<PyDelta>() {
            return Ok(Some(Value::Interval(interval(delta))));
        }
        let class = value.get_type();
        if class.is(to_python::decimal(py)?) {
            return decimal(value, self.typed).map(Some);
        }
        if class.is(content_block(py)?) {
            self.content = true;
            return self.object(value.cast::<PyDict>()?, level).map(Some);
        }
        Ok(None)
    }

    fn array<'py>(
        &mut self,
        length: usize,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        level: usize,
    ) -> PyResult<Value> {
        let level = deeper(level)?;
        let mut array = Vec::with_capacity(length);
        for item in items {
            array.push(self.value(&item, level, 0)?);
        }
        Ok(Value::Array(array))
    }

    fn object(&mut self, dict: &Bound<'_, PyDict>, level: usize) -> PyResult<Value> {
        let level = deeper(level)?;
        // Saying what a value is may run code that changes the dict, so all of it is taken first.
        let entries: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)> = dict.iter().collect();
        let mut object = Object::with_capacity(entries.len());
        let mut plain = true;
        for (key, item) in &entries {
            let name: Arc<str> = match key.cast_exact::<PyString>().ok().and_then(|key| key.to_str().ok()) {
                Some(name) => name.into(),
                None => {
                    plain = false;
                    self::key(key)?.into()
                }
            };
            let value = self.value(item, level, 0)?;
            object.push(name, value);
        }
        // Texts are different from one another in a dict; what others are written as may not be.
        Ok(Value::Object(if plain { object } else { without_repetitions(object) }))
    }

    fn bytes(&self, bytes: &[u8], level: usize) -> Value {
        if level > 0
            && !self.typed
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return Value::string(text);
        }
        Value::Bytes(bytes.to_vec())
    }
}

fn deeper(level: usize) -> PyResult<usize> {
    if level >= MOST_LEVELS {
        return Err(PyValueError::new_err(format!("Result is nested deeper than {MOST_LEVELS} levels")));
    }
    Ok(level + 1)
}

/// What a key is written as.
fn key(key: &Bound<'_, PyAny>) -> PyResult<String> {
    if key.is_none() {
        return Ok("null".to_owned());
    }
    if let Ok(value) = key.cast_exact::<PyBool>() {
        return Ok(if value.is_true() { "true" } else { "false" }.to_owned());
    }
    text(&key.str()?)
}

/// Keeps the last value of each key, where the first was.
fn without_repetitions(object: Object) -> Object {
    let mut seen = HashSet::new();
    if object.keys().all(|key| seen.insert(Arc::clone(key))) {
        return object;
    }
    let mut rest = Object::new();
    for (key, value) in object {
        rest.insert(key, value);
    }
    rest
}

fn integer(number: &Bound<'_, PyInt>) -> PyResult<Value> {
    if let Ok(number) = number.extract::<i64>() {
        return Ok(Value::Int(number));
    }
    // The text of a decimal may be of any length, which that of an integer may not.
    let digits = to_python::decimal(number.py())?.call1((number,))?.str()?;
    exact(&digits.to_string_lossy())
}

fn decimal(number: &Bound<'_, PyAny>, typed: bool) -> PyResult<Value> {
    let py = number.py();
    let digits = number.str()?;
    let digits = digits.to_string_lossy();
    if !typed {
        return Ok(Value::string(digits));
    }
    if !number.call_method0(intern!(py, "is_finite"))?.is_truthy()? {
        return Ok(Value::Null);
    }
    exact(&digits)
}

fn exact(digits: &str) -> PyResult<Value> {
    ExactNumber::parse(digits)
        .map(Value::Number)
        .ok_or_else(|| PyValueError::new_err(format!("`{digits}` is no number of JSON")))
}

/// Days and the rest have one sign, unlike in Python: an hour back is -1 h, and not a day back and 23 h on.
fn interval(delta: &Bound<'_, PyDelta>) -> Interval {
    let (days, seconds) = (i64::from(delta.get_days()), i64::from(delta.get_seconds()));
    // A billion days have more microseconds than 64 bits count.
    let total = i128::from(days * 86_400 + seconds) * 1_000_000 + i128::from(delta.get_microseconds());
    let (days, rest) = (total / MICROSECONDS_OF_DAY, total % MICROSECONDS_OF_DAY);
    // Both fit: Python has less than 2^31 days.
    Interval {
        months: 0,
        days: i32::try_from(days).unwrap_or_default(),
        microseconds: i64::try_from(rest).unwrap_or_default(),
    }
}

fn date(day: &Bound<'_, PyDate>) -> PyResult<NaiveDate> {
    NaiveDate::from_ymd_opt(day.get_year(), day.get_month().into(), day.get_day().into())
        .ok_or_else(|| PyValueError::new_err("no such day"))
}

fn time(clock: &impl pyo3::types::PyTimeAccess) -> PyResult<NaiveTime> {
    NaiveTime::from_hms_micro_opt(
        clock.get_hour().into(),
        clock.get_minute().into(),
        clock.get_second().into(),
        clock.get_microsecond(),
    )
    .ok_or_else(|| PyValueError::new_err("no such time of day"))
}

fn datetime(moment: &Bound<'_, PyDateTime>) -> PyResult<Value> {
    let day = NaiveDate::from_ymd_opt(moment.get_year(), moment.get_month().into(), moment.get_day().into())
        .ok_or_else(|| PyValueError::new_err("no such day"))?;
    let local = day.and_time(time(moment)?);
    let offset = moment.call_method0(intern!(moment.py(), "utcoffset"))?;
    let Ok(offset) = offset.cast::<PyDelta>() else { return Ok(Value::DateTime(local)) };
    let zone = FixedOffset::east_opt(offset.get_days() * 86_400 + offset.get_seconds());
    zone.and_then(|zone| zone.from_local_datetime(&local).single())
        .map(Value::Timestamp)
        .ok_or_else(|| PyValueError::new_err("no such moment"))
}

/// The class of content blocks.
fn content_block(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "mxcp._engine", "ContentBlock")
}
