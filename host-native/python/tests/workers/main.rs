//! Workers of a real interpreter, from outside.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

mod calls;
mod client;
mod crashes;
mod database;
mod plugins;
mod project;
mod reload;
mod start;
mod values;
