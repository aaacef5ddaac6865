//! The ways a client connects.

mod beginning;
pub(crate) mod http;
mod open_requests;
pub(crate) mod sse;
pub(crate) mod stdio;
