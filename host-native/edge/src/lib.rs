//! Builds a project into one component, and serves such components.

mod closed;
mod compose;
mod error;
mod invocation;
mod snapshot;
mod world;

pub use error::Error;
