//! The engine as the runtime uses it, on real database files.

mod cancelling;
mod checking;
mod executing;
mod identity;
mod isolation;
mod opening;
mod support;
mod values_in;
mod values_out;
