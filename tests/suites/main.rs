//! The integration suites, in one binary: linking DuckDB once is slow enough.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

mod asking;
mod command_line;
mod component_imports;
mod components_cli;
mod configuration;
mod crate_edges;
mod docs;
mod documented;
mod examples;
mod hostile;
mod lifecycle;
mod linting;
mod listings;
mod notifications;
mod prompts_and_resources;
mod python;
mod refusals;
mod snapshots;
mod surfaces;
mod testing;
mod vectors;
