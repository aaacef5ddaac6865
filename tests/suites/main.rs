//! The integration suites, in one binary: linking DuckDB once is slow enough.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

#[cfg(unix)]
mod administration;
mod approval;
mod asking;
mod audit;
mod bearer;
mod caching;
mod command_line;
mod component_imports;
mod components;
mod components_cli;
mod configuration;
mod crate_edges;
mod dbt;
mod docs;
mod doctor;
mod documented;
mod drift;
mod edge;
#[cfg(unix)]
mod ending;
mod evaluations;
mod examples;
mod from_caller;
mod generated;
mod guest_languages;
mod hostile;
mod hostile_components;
mod hostile_core;
mod http_safety;
mod lifecycle;
mod linting;
mod listings;
mod locked_components;
mod locking;
mod logging_in;
mod manual;
mod migrate;
mod notifications;
mod oci;
mod prompts_and_resources;
mod python;
mod refusals;
#[cfg(unix)]
mod reloading;
mod replicas;
mod results;
mod row_policies;
mod scale_out;
mod security;
mod snapshots;
mod surfaces;
mod tasks;
mod telemetry;
mod templates;
mod testing;
mod user_flows;
mod vectors;
#[cfg(unix)]
mod watching;
