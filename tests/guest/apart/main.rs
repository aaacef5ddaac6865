//! A component that an edge can hold.

#![allow(
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    unreachable_pub,
    missing_debug_implementations,
    clippy::pedantic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::allow_attributes_without_reason,
    clippy::same_length_and_capacity,
    reason = "mostly generated code"
)]

#[path = "../src/echo.rs"]
mod echo;

use std::sync::atomic::{AtomicU32, Ordering};

use bindings::exports::test::guest::apart::{Guest as Apart, Statistics};

mod bindings {
    wit_bindgen::generate!({
        path: [
            "../../wit/deps/io",
            "../../wit/deps/clocks",
            "../../wit/deps/random",
            "../../wit/deps/filesystem",
            "../../wit/deps/sockets",
            "../../wit/deps/cli",
            "../../wit/deps/http",
            "../../wit/tool",
            "wit",
        ],
        world: "test:guest/apart-guest",
        pub_export_macro: true,
        default_bindings_module: "bindings",
    });
}

struct Guest;

bindings::export!(Guest with_types_in bindings);

/// Calls of `remember` that this instance has answered.
static CALLS: AtomicU32 = AtomicU32::new(0);

impl Apart for Guest {
    fn add(a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }

    fn divide(a: i64, b: i64) -> Result<i64, String> {
        a.checked_div(b).ok_or_else(|| format!("{a} can't be divided by {b}"))
    }

    fn count_words(text: String) -> Statistics {
        let longest = text.split_whitespace().max_by_key(|word| word.len()).map(str::to_owned);
        let words = text.split_whitespace().count().try_into().unwrap_or(u32::MAX);
        Statistics { words, longest }
    }

    fn remember() -> u32 {
        CALLS.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn read_file(path: String) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}
