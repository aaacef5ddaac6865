//! mxcp as an extension module of Python: endpoints run in the process that serves them.

use pyo3::prelude::*;

/// The extension module `mxcp._native`.
#[pymodule]
mod _native {}
