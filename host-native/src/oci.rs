//! Components in OCI registries, stored as `wkg` stores them: a manifest with one layer, the component.

mod artifact;
mod credentials;
mod registry;
mod sink;

pub(crate) use artifact::Details;
pub(crate) use registry::{Pulled, Registry};

/// Largest component that is pulled or pushed, in bytes.
pub(crate) const MAX_BYTES: u64 = 128 << 20;
