//! Builds a project into one component, and serves such components.
//!
//! [`build`] does the first in four steps, each in a module of its own: `snapshot` sets the front end up with the project and
//! keeps its memory, `invocation` gives it typed imports of the tools, `closed` makes a stand-in for what a tool is
//! not granted, and `compose` joins them. [`serve`] is a thin host for the result; any other that answers HTTP will do.

mod assembly;
mod closed;
mod compose;
mod description;
mod error;
mod front;
mod invocation;
mod manifest;
mod placement;
mod serve;
mod snapshot;
mod world;

pub use assembly::{Built, Placed, build};
pub use description::Description;
pub use error::Error;
pub use manifest::manifests;
pub use placement::Place;
pub use serve::{Options, serve};
