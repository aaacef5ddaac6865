//! What must hold of anything the outside sends, one file per entrance.
//!
//! Each function takes arbitrary bytes and panics when something is broken. The programs in `bin/` hand them to
//! libFuzzer; `cargo xtask fuzz` builds and runs them.

pub mod coercion;
pub mod json_rpc;
pub mod policy;
pub mod project;
pub mod prompt;
mod raw;
pub mod token;
pub mod uri;
