//! The integration suites, in one binary: linking DuckDB once is slow enough.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

mod command_line;
mod component_imports;
mod crate_edges;
mod lifecycle;
mod prompts_and_resources;
mod refusals;
mod surfaces;
mod vectors;
