//! Compiled code, on its way into the process.
#![expect(unsafe_code, reason = "machine code is made runnable, which no check can show to be harmless")]

use std::path::Path;

use wasmtime::Engine;
use wasmtime::component::Component;

/// Machine code that this program compiled just now.
#[derive(Debug)]
pub(crate) struct NativeCode(Vec<u8>);

impl NativeCode {
    /// Compiles a component.
    pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self> {
        engine.precompile_component(bytes).map(Self)
    }

    /// The code.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the code runnable.
    pub(crate) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: the bytes come from the compiler.
        unsafe { Component::deserialize(engine, &self.0) }
    }

    /// Makes code of a file runnable where it lies: what is not run is not read, and what instances begin their memory
    /// with is shared with the file. It fails if the code is that of another version or configuration, or cut off.
    ///
    /// # Safety
    /// The file holds what [`NativeCode::bytes`] gave at another time, nobody who may not run code as this user could have
    /// changed it, and nobody writes to it as long as the component lives.
    pub(crate) unsafe fn map(engine: &Engine, file: &Path) -> wasmtime::Result<Component> {
        // SAFETY: as the caller promises.
        unsafe { Component::deserialize_file(engine, file) }
    }
}
