//! The integration suites, in one binary: linking DuckDB once is slow enough.

mod crate_edges;
mod component_imports;
mod lifecycle;
mod refusals;
mod surfaces;
mod vectors;
