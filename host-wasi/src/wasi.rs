//! WASI: what a deployed front end stands on. Nothing in here decides anything.

mod bindings;
mod exports;
mod fetch;
mod host;
mod invoke;
mod memory;
mod serve;
mod stream;
