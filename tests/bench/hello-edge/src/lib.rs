//! Answers every request with the same JSON text.

#![cfg(target_arch = "wasm32")]

#[allow(
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    unreachable_pub,
    missing_debug_implementations,
    dead_code,
    clippy::pedantic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::allow_attributes_without_reason,
    clippy::same_length_and_capacity,
    reason = "generated code"
)]
mod bindings {
    wit_bindgen::generate!({
        path: [
            "../../../wit/deps/io",
            "../../../wit/deps/clocks",
            "../../../wit/deps/random",
            "../../../wit/deps/filesystem",
            "../../../wit/deps/sockets",
            "../../../wit/deps/cli",
            "../../../wit/deps/http",
            "wit",
        ],
        world: "bench:hello/hello",
        generate_all,
        pub_export_macro: true,
    });
}

use bindings::exports::wasi::http::incoming_handler::Guest;
use bindings::wasi::http::types::{
    Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

const TEXT: &str = "\"hello, world\"";

struct Component;

impl Guest for Component {
    fn handle(_: IncomingRequest, out: ResponseOutparam) {
        let fields = Fields::new();
        let _ = fields.append("content-type", b"application/json");
        let _ = fields.append("content-length", TEXT.len().to_string().as_bytes());
        let response = OutgoingResponse::new(fields);
        let Ok(body) = response.body() else { return };
        ResponseOutparam::set(out, Ok(response));
        let written =
            body.write().is_ok_and(|stream| stream.blocking_write_and_flush(TEXT.as_bytes()).is_ok());
        if written {
            let _ = OutgoingBody::finish(body, None);
        }
    }
}

#[allow(unsafe_code, unreachable_pub, reason = "generated code")]
mod symbols {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
