//! Why components can't be run.

use std::io;

/// Why a component can't be made ready.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The processor or the system can't run compiled WebAssembly.
    #[error("WebAssembly can't be run here: {0}")]
    Engine(wasmtime::Error),
    /// There is no thread to be had.
    #[error("a thread can't be started: {0}")]
    Thread(io::Error),
    /// The file can't be read.
    #[error("{file} can't be read: {source}")]
    Read {
        /// The file, relative to the project.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The bytes are no component, or use what the engine doesn't know.
    #[error("it can't be compiled: {0:#}")]
    Compile(wasmtime::Error),
    /// The file is another than it was when the definitions were read.
    #[error("{file} was changed meanwhile: reload the project")]
    Changed {
        /// The file, relative to the project.
        file: String,
    },
    /// It imports what no host has.
    #[error("it imports what this host does not have: {}", names(unknown, source))]
    Imports {
        /// Those of its imports that the host knows nothing of.
        unknown: Vec<String>,
        /// What wasmtime says of the first.
        source: wasmtime::Error,
    },
    /// It has no such function.
    #[error("it has no function `{0}`")]
    Export(String),
    /// What its definition grants can't be granted.
    #[error("{0}")]
    Permission(String),
}

/// The imports, or what is wrong with one that is known by its name.
fn names(unknown: &[String], source: &wasmtime::Error) -> String {
    if unknown.is_empty() { format!("{source:#}") } else { unknown.join(", ") }
}
