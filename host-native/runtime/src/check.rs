//! Looking at the implementations of a project before any call is made, without running any.

mod component;
mod python;
mod sql;

pub use component::prepare_components;
pub use python::{check_python, check_python_endpoint};
pub use sql::{check_endpoint, check_sql};
