//! MCP for a project: what core types are in the protocol, for every host that speaks it.
//!
//! [`wire`] is the only module of the workspace that turns core types into MCP types and back. The others are what servers
//! of any transport need and that takes no I/O: what is listed ([`catalog`], [`page`]), what is suggested ([`completion`]),
//! what is said of messages that are none ([`malformed`], [`params`]), and how a server gives a result exactly to another
//! that stands before it ([`exact`]).

pub mod catalog;
pub mod completion;
pub mod exact;
pub mod malformed;
pub mod page;
pub mod params;
pub mod wire;
