//! A component whose tools are useful, or hostile.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what goes wrong here is what the suites look at"
)]

mod bindings;
mod echo;
mod fetch;
mod hostile;
mod work;

#[derive(Debug)]
struct Guest;

impl bindings::Guest for Guest {
    fn double_it(value: i32) -> i32 {
        value.wrapping_mul(2)
    }
}

#[allow(
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    unreachable_pub,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
mod symbols {
    use super::{Guest, bindings};

    bindings::export!(Guest with_types_in bindings);
}
