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

bindings::export!(Guest);
