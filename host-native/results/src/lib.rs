//! Complete results of which callers were shown a part, behind the port [`ResultStore`](mxcp_runtime::ports::ResultStore).
//!
//! A result is a file of rows with an index beside it (`file`), in a folder that nobody else can read (`folder`). What leads to it
//! is sealed (`seal`): a text with the id of the result and the time until which it is kept, and a code over these and the owner, so
//! that neither another user nor another call gets anywhere with it. Nothing is kept in memory: servers that share the folder and the
//! key continue each other's results.
//!
//! CSV and Parquet are made by an [`Exporter`](mxcp_runtime::ports::Exporter) when they are first read (`export`), of columns whose
//! types are those of their values (`columns`); JSON is the rows as they are.

mod columns;
mod error;
mod export;
mod file;
mod folder;
mod seal;
mod store;

pub use error::Error;
pub use store::{Options, Results};
