//! Why components can't be run.

use std::io;

/// Why a component can't be made ready.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The processor or the system can't run compiled WebAssembly.
    #[error("WebAssembly can't be run here: {0}")]
    Engine(wasmtime::Error),
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
}
