//! Generated from `wit`; the only file that knows how.

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
    reason = "generated code"
)]

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
    world: "test:guest/guest",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "bindings",
});
