//! DuckDB behind the port [`SqlEngine`](mxcp_runtime::ports::SqlEngine).
//!
//! [`Engine`] is one database file. It opens nothing until the first query. Then:
//!
//! * a few threads (`pool`), started when they are needed, each own one connection (`session`) and take jobs from a
//!   common queue, so that no query ever runs on an async worker;
//! * a connection keeps the statements it prepared (`statement`, `cache`), by the identity of the `Arc` that holds their
//!   text;
//! * values are bound by name in their own types (`bind`) and come back out of DuckDB's vectors without a text or a
//!   copy in between (`rows`);
//! * a connection on which anything but rows was touched (settings, transactions, definitions) is thrown away after
//!   the job and opened anew for the next, so nothing of one request is ever seen by another;
//! * the SQL functions that tell who asks (`identity`) find out through the connection that a query belongs to,
//!   whichever thread computes them, and so does the one by which a query logs (`log_message`).
//!
//! The file itself is opened by `store`, once per process (`claim`), and anew after an internal error of DuckDB, which
//! otherwise refuses everything from then on.
//!
//! `ffi` alone is `unsafe`. The crate links `libduckdb-sys`, not the `duckdb` crate on top of it: that one reads results
//! through Arrow, where HUGEINT, DECIMAL, BIT and TIME WITH TIME ZONE lose digits or can't be read at all.

mod bind;
mod cache;
mod call_session;
mod check;
mod claim;
mod control;
mod engine;
mod extensions;
mod ffi;
mod gate;
mod identity;
mod log_message;
mod options;
mod pool;
mod rows;
mod scan;
mod secrets;
mod session;
mod statement;
mod stock;
mod store;
mod text_function;
mod user_function;

pub use engine::Engine;
pub use options::Options;
