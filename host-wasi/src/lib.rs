//! Answers MCP over HTTP on any WASI host, with a project and its components inside.
//!
//! [`front::Front`] is the project, and answers one request after the other; it asks its [`host::Host`] for all that is not
//! computing. Both know nothing of WASI, so that tests run them natively. `wasi` is what a deployed front end stands on:
//! it is compiled for WebAssembly only, into a core module that `mxcp build` makes a component of.

pub mod abi;
mod authentication;
mod execution;
pub mod front;
mod guard;
pub mod host;
pub mod http;
pub mod keys;
mod limits;
mod message;
mod methods;
mod origin;
mod revision;
pub mod settings;
#[cfg(test)]
mod tests;
mod url;
#[cfg(target_arch = "wasm32")]
mod wasi;
