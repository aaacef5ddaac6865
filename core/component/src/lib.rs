//! `mxcp-core` as a WASI component: conversions between WIT (`wit/core`) and the crate, nothing else.

mod bindings;
mod convert;
mod lint;
mod listing;
mod policy;
mod registry;

struct Component;

/// The exported symbols, which are `unsafe` by their nature.
#[allow(unsafe_code, unreachable_pub, reason = "generated code")]
mod symbols {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
