//! mxcp as an extension module of Python: endpoints run in the process that serves them.
//!
//! [`engine`] is the engine that the program is given. A call is [`work`] for one of the [`threads`], under the [`control`] of who
//! waits for it; the function sees it as a [`call`]. Values go [`to_python`] and come [`from_python`].

mod call;
mod columns;
mod contract;
mod control;
mod engine;
mod from_python;
mod function;
mod pools;
mod program;
mod project;
mod threads;
mod to_python;
mod user;
mod work;

use pyo3::prelude::*;

/// The extension module `mxcp._native`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::call::Call;
    #[pymodule_export]
    use crate::program::main;
}
