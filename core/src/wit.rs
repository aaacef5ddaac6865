//! Tool components as the core sees them: what their exports take and give, and how that meets a definition.
//!
//! A component is described by a [`World`], which a host reads from its bytes. The core decides whether a definition and a
//! [`Function`] agree, turns arguments into [`Value`]s of WIT types, and turns a result back. Hosts move values into
//! and out of the component, nothing else, so that a call means the same in every host.

mod lift;
mod lower;
mod name;
mod ty;
mod value;

pub use ty::{Case, Component, Field, Function, Parameter, Type, World};
pub use value::Value;
