//! Methods of plug-ins as functions for SQL.

use std::sync::Arc;

use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{Column, PythonError, Results, SqlFunction, SqlType};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::call::{Call, CallState, Shared};
use crate::control::Control;
use crate::threads::Alive;
use crate::{columns, contract};

/// A method.
#[derive(Debug)]
pub(crate) struct Method {
    name: String,
    parameters: Vec<SqlType>,
    returns: SqlType,
    /// Its number for [`Method::engine`].
    index: usize,
    engine: Py<PyAny>,
    shared: Arc<Shared>,
}

impl Method {
    /// One of those that `load_plugins` tells of.
    pub(crate) fn new(
        index: usize,
        described: &Bound<'_, PyAny>,
        engine: &Bound<'_, PyAny>,
        shared: &Arc<Shared>,
    ) -> PyResult<Self> {
        let parameters = described.get_item("parameters")?.try_iter()?;
        Ok(Self {
            name: described.get_item("name")?.extract()?,
            parameters: parameters.map(|parameter| sql_type(&parameter?)).collect::<PyResult<_>>()?,
            returns: sql_type(&described.get_item("returns")?)?,
            index,
            engine: engine.clone().unbind(),
            shared: Arc::clone(shared),
        })
    }

    fn compute(
        &self,
        py: Python<'_>,
        arguments: &[Column<'_>],
        rows: usize,
        state: &Arc<CallState>,
    ) -> PyResult<Results> {
        let lists = arguments.iter().map(|column| columns::list(py, column, rows));
        let lists = PyList::new(py, lists.collect::<PyResult<Vec<_>>>()?)?;
        let call = Call::of(py, state)?;
        let engine = self.engine.bind(py);
        let given = engine.call_method1(intern!(py, "evaluate"), (self.index, lists, rows, call))?;
        columns::results(given.cast::<PyList>()?, &self.returns)
    }
}

impl SqlFunction for Method {
    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&self) -> &[SqlType] {
        &self.parameters
    }

    fn returns(&self) -> &SqlType {
        &self.returns
    }

    fn evaluate(
        &self,
        arguments: &[Column<'_>],
        rows: usize,
        scope: &Arc<CallScope>,
    ) -> Result<Results, String> {
        let _alive = Alive::begin();
        let state = CallState::new(Arc::clone(&self.shared), Arc::clone(scope));
        let control = Control::of_database(Arc::clone(&state), Arc::clone(&self.shared.pools));
        let watch = self.shared.runtime.spawn({
            let (cancel, control) = (scope.cancel.clone(), Arc::clone(&control));
            async move {
                cancel.cancelled().await;
                control.cancel();
            }
        });
        let results = Python::try_attach(|py| {
            if !control.begin(py) {
                return Err("the call was taken back".to_owned());
            }
            let results = self.compute(py, arguments, rows, &state);
            control.end(py);
            results.map_err(|error| contract::text(py, &error))
        });
        watch.abort();
        let results = results.unwrap_or_else(|| Err("Python is ending".to_owned()));
        results.map_err(|text| PythonError::within_query(&text))
    }
}

/// The type of a description: a word, or a dict of one entry.
fn sql_type(described: &Bound<'_, PyAny>) -> PyResult<SqlType> {
    if let Ok(word) = described.cast::<PyString>() {
        let word = word.to_string_lossy();
        return SqlType::from_name(&word)
            .ok_or_else(|| PyValueError::new_err(format!("no type `{word}` of SQL")));
    }
    let described = described.cast::<PyDict>()?;
    if let Some(item) = described.get_item("list")? {
        return Ok(SqlType::List(Box::new(sql_type(&item)?)));
    }
    if let Some(pair) = described.get_item("map")? {
        let (key, value) = (pair.get_item(0)?, pair.get_item(1)?);
        return Ok(SqlType::Map(Box::new(sql_type(&key)?), Box::new(sql_type(&value)?)));
    }
    let fields = described.get_item("struct")?.ok_or_else(|| PyValueError::new_err("no type of SQL"))?;
    let field = |field: PyResult<Bound<'_, PyAny>>| {
        let field = field?;
        Ok((field.get_item(0)?.extract()?, sql_type(&field.get_item(1)?)?))
    };
    fields.try_iter()?.map(field).collect::<PyResult<_>>().map(SqlType::Struct)
}
