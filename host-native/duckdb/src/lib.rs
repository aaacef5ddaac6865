//! DuckDB behind the port [`SqlEngine`](mxcp_runtime::ports::SqlEngine).
//!
//! [`Engine`] is one database file. It opens nothing until the first query. Then:
//!
//! * a few threads (`pool`), started when they are needed, take jobs from a common queue, so that no query ever runs on an
//!   async worker; code that runs SQL within a call (`call_session`) does so on its own thread;
//! * both borrow a connection (`session`) from those that are idle (`stock`), as many as there is work for;
//! * a connection keeps the statements it prepared (`statement`, `cache`), by the identity of the `Arc` that holds their
//!   text, or by the text itself where a program made it;
//! * values are bound by name in their own types (`bind`) and come back out of DuckDB's vectors without a text or a
//!   copy in between (`rows`);
//! * a connection on which anything but rows and lasting definitions was touched (settings, transactions, temporary
//!   tables) is closed after the job, or stays with its session, so nothing of one call is ever seen by another;
//! * the SQL functions that tell who asks (`identity`) find out through the connection that a query belongs to,
//!   whichever thread computes them, and so do the one by which a query logs (`log_message`) and those that the project's
//!   code computes (`user_function`).
//!
//! The file itself is opened by `store`, once per process (`claim`), and anew after an internal error of DuckDB, which
//! otherwise refuses everything from then on. Whoever has a connection is inside of a `gate`, which is shut while the file is
//! released for others to use.
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
mod export;
mod extensions;
mod ffi;
mod gate;
mod identity;
mod inspect;
mod log_message;
mod options;
mod passwords;
mod pool;
mod row_filter;
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
pub use export::FileExporter;
pub use inspect::{MissingExtension, VERSION, library_version, try_extension, try_open};
pub use options::Options;
