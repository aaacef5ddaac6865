//! The engine as the runtime uses it, on real database files.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, and their helpers with them"
)]

mod calling;
mod cancelling;
mod checking;
mod executing;
mod identity;
mod isolation;
mod notifying;
mod opening;
mod recalling;
mod releasing;
mod row_filters;
mod secrets;
mod support;
mod user_functions;
mod values_in;
mod values_out;
