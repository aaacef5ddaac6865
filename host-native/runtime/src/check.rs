//! Looking at the implementations of a project before any call is made, without running any.

mod component;
mod python;
mod sql;

use mxcp_core::definition::Endpoint;

pub use component::prepare_components;
pub use python::{check_python, check_python_endpoint};
pub use sql::{check_endpoint, check_sql};

/// What is to be looked at, and how much of the machine may be used for it.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// Whether an endpoint is to be looked at.
    pub includes: &'a (dyn Fn(&Endpoint) -> bool + Sync),
    /// Whether one endpoint is looked at after the other, because others use the engines meanwhile.
    pub gives_way: bool,
}

impl std::fmt::Debug for Scope<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Scope").field("gives_way", &self.gives_way).finish_non_exhaustive()
    }
}

impl Scope<'_> {
    /// Every endpoint, on all processors.
    #[must_use]
    pub fn everything() -> Self {
        Self { includes: &|_| true, gives_way: false }
    }
}
