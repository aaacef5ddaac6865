//! DuckDB's C API behind owned, safe types.
//!
//! The only place of the crate that speaks to C, and the only one that may be `unsafe`. One noun per file; every
//! handle frees itself, and keeps alive what it depends on. What is here knows nothing of requests, callers or
//! [`Value`](mxcp_core::value::Value)s.

#![expect(unsafe_code, reason = "this is the border to C; every block says why it is sound")]

mod chunk;
mod config;
mod connection;
mod database;
mod extracted;
mod function;
mod library;
mod logical_type;
mod output;
mod parameter;
mod pending;
mod prepared;
mod result;
mod text;
mod type_id;
mod vector;

pub(crate) use chunk::Chunk;
pub(crate) use config::Config;
pub(crate) use connection::{Connection, Interrupter};
pub(crate) use database::Database;
pub(crate) use extracted::Extracted;
pub(crate) use function::{Evaluation, ScalarFunction};
pub(crate) use library::version;
pub(crate) use logical_type::LogicalType;
pub(crate) use output::Output;
pub(crate) use parameter::Parameter;
pub(crate) use prepared::{Prepared, StatementKind};
pub(crate) use result::QueryResult;
pub(crate) use type_id::TypeId;
pub(crate) use vector::{Bytes, ListEntry, Months, Vector, Wide};
