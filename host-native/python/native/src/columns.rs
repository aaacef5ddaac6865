//! Columns of the database as lists of Python, and lists as results.

use mxcp_core::value::Value;
use mxcp_runtime::ports::{Column, ColumnData, Results, SqlType};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString};

use crate::{from_python, to_python};

/// The values of a column, with `None` where there is none.
pub(crate) fn list<'py>(py: Python<'py>, column: &Column<'_>, rows: usize) -> PyResult<Bound<'py, PyList>> {
    match &column.data {
        ColumnData::Booleans(values) => {
            plain(py, column, rows, values, |value| Ok(PyBool::new(py, *value).to_owned()))
        }
        ColumnData::Integers(values) => plain(py, column, rows, values, |value| Ok(value.into_pyobject(py)?)),
        ColumnData::Doubles(values) => plain(py, column, rows, values, |value| Ok(PyFloat::new(py, *value))),
        ColumnData::Texts(values) => plain(py, column, rows, values, |value| Ok(PyString::new(py, value))),
        ColumnData::Values(values) => {
            plain(py, column, rows, values, |value| to_python::sql_value(py, value))
        }
    }
}

/// Converts each value that is there.
fn plain<'py, T, P>(
    py: Python<'py>,
    column: &Column<'_>,
    rows: usize,
    values: &[T],
    convert: impl Fn(&T) -> PyResult<Bound<'py, P>>,
) -> PyResult<Bound<'py, PyList>> {
    let mut failed = None;
    let mut item = |(row, value): (usize, &T)| {
        if !column.is_valid(row) {
            return py.None().into_bound(py);
        }
        convert(value).map_or_else(
            |error| {
                failed = Some(error);
                py.None().into_bound(py)
            },
            Bound::into_any,
        )
    };
    let values = values.get(..rows).unwrap_or(values);
    let list = PyList::new(py, values.iter().enumerate().map(&mut item))?;
    failed.map_or(Ok(list), Err)
}

/// What a function gave for its rows: as the database keeps it where all of it is of that class exactly.
pub(crate) fn results(list: &Bound<'_, PyList>, returns: &SqlType) -> PyResult<Results> {
    let exact = match returns {
        SqlType::Boolean => {
            each(list, |item| Some(item.cast_exact::<PyBool>().ok()?.is_true())).map(Results::Booleans)
        }
        SqlType::Integer => {
            each(list, |item| item.cast_exact::<PyInt>().ok()?.extract::<i32>().ok()).map(Results::Integers)
        }
        SqlType::Double => each(list, |item| match item.cast_exact::<PyFloat>() {
            Ok(number) => Some(number.value()),
            Err(_) => item.cast_exact::<PyInt>().ok()?.extract::<f64>().ok(),
        })
        .map(Results::Doubles),
        SqlType::Varchar => {
            each(list, |item| Some(item.cast_exact::<PyString>().ok()?.to_str().ok()?.to_owned()))
                .map(Results::Texts)
        }
        _ => None,
    };
    if let Some(exact) = exact {
        return Ok(exact);
    }
    let values: PyResult<Vec<Value>> = list.iter().map(|item| from_python::for_sql(&item)).collect();
    values.map(Results::Values)
}

/// All items by `convert`, nothing for `None`; none if one does not convert.
fn each<T>(
    list: &Bound<'_, PyList>,
    convert: impl Fn(&Bound<'_, PyAny>) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    list.iter().map(|item| if item.is_none() { Some(None) } else { convert(&item).map(Some) }).collect()
}
