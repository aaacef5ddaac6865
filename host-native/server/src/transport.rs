//! The ways a client connects.

pub(crate) mod http;
mod open_requests;
pub(crate) mod sse;
pub(crate) mod stdio;
