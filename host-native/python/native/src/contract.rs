//! What this module uses of the package `mxcp._engine`.

use mxcp_runtime::ports::PythonError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyModule, PyString, PyType};

static PACKAGE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();

/// The package.
pub(crate) fn package(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    let package = PACKAGE.get_or_try_init(py, || py.import("mxcp._engine").map(Bound::unbind))?;
    Ok(package.bind(py))
}

/// One of its exception classes.
pub(crate) fn exception<'py>(py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyType>> {
    Ok(package(py)?.getattr(name)?.cast_into::<PyType>()?)
}

/// An exception of one of its classes.
pub(crate) fn raise(py: Python<'_>, name: &Bound<'_, PyString>, text: String) -> PyErr {
    match exception(py, name) {
        Ok(class) => PyErr::from_type(class, (text,)),
        Err(error) => error,
    }
}

/// What became of a call that raised. The traceback goes to the log.
pub(crate) fn failure(py: Python<'_>, error: &PyErr) -> PythonError {
    let is = |name| exception(py, name).is_ok_and(|class| error.is_instance(py, &class));
    if is(intern!(py, "AwaitsInput")) {
        return PythonError::AwaitsInput;
    }
    if is(intern!(py, "CallCancelled")) {
        return PythonError::Cancelled;
    }
    if is(intern!(py, "PluginError")) {
        return PythonError::Unavailable { message: text(py, error) };
    }
    let described = package(py).and_then(|package| {
        package.call_method1(intern!(py, "describe"), (error.value(py),))?.extract::<String>()
    });
    PythonError::Raised(described.unwrap_or_else(|_error| text(py, error)))
}

/// The text of an exception; its class where it has none.
pub(crate) fn text(py: Python<'_>, error: &PyErr) -> String {
    let text = error.value(py).str().map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    if !text.is_empty() {
        return text;
    }
    error.get_type(py).name().map_or_else(|_error| "Exception".to_owned(), |name| name.to_string())
}
