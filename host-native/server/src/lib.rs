//! Speaks MCP for a project: the border between MCP clients and the [pipeline](mxcp_runtime::Pipeline).
//!
//! [`Server`] answers the methods of MCP, for every protocol revision from 2024-11-05 to 2026-07-28.
//! [`serve_stdio`], [`serve_http`] and [`serve_sse`] connect it to the world. The crate knows no engine and keeps no state of
//! calls; what a tool does and who may call it is decided in the core.
//!
//! [`mxcp_mcp`] turns core types into MCP types and back; nothing here does.

mod asking;
mod authentication;
mod catalog;
mod completion;
mod context;
mod error;
mod handler;
mod listing;
mod logging;
mod long;
mod notifications;
mod panic;
mod prompts;
mod resources;
mod results;
mod server;
mod session;
mod single_use;
mod sql_tools;
mod subscriptions;
mod tasks;
#[cfg(test)]
mod testing;
mod tools;
mod transport;

pub use authentication::{Authenticator, BaseUrl, Counted, Credentials, Guidance, Refusal};
pub use error::{Error, TlsError};
pub use server::Server;
pub use single_use::{Item, SingleUse, UseError, UsedHere};
pub use transport::http::{HttpOptions, Tls, serve_http};
pub use transport::sse::serve_sse;
pub use transport::stdio::{serve_lines, serve_stdio};
