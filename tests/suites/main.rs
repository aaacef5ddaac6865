//! The integration suites, in one binary: linking DuckDB once is slow enough.

mod command_line;
mod component_imports;
mod crate_edges;
mod lifecycle;
mod refusals;
mod surfaces;
mod vectors;
