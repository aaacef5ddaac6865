//! The pipeline around a call, and the ports its engines plug into.
//!
//! [`Pipeline`] is the one way a call takes in `serve`, `run`, `test` and `evals`: prepare (core), execute (an
//! engine behind a port of [`ports`]), finish (core), audit (a sink behind a port). SQL that belongs to no endpoint
//! goes through it as a [`Query`]. The crate knows no adapter: the binary composes them. [`check`] looks at a project's SQL before any call is made.

mod admitted;
mod apart;
mod approval;
pub mod check;
mod exports;
mod freshness;
mod gate;
mod generation;
mod inspection;
mod knowledge;
mod limiter;
mod limits;
mod link;
mod notes;
mod observer;
mod owner;
mod pipeline;
pub mod ports;
mod query;
mod result_cache;
mod scope;
mod show;
mod showing;
pub mod user_cache;

pub use admitted::Admitted;
pub use apart::{apart, is_long};
pub use exports::{RESULTS, Read, file_type};
pub use freshness::{Freshness, Lasts};
pub use gate::{Gate, Shut};
pub use generation::Generation;
pub use inspection::Inspection;
pub use knowledge::{Knowledge, Known};
pub use limiter::ProcessLimiter;
pub use limits::Limits;
pub use link::Link;
pub use notes::Notes;
pub use owner::Owner;
pub use pipeline::Pipeline;
pub use query::Query;
pub use result_cache::ResultCache;
pub use scope::CallScope;
pub use show::{Show, offer_cursor};
