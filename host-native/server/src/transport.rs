//! The ways a client connects.

pub(crate) mod http;
pub(crate) mod stdio;
