//! Compiled code, on its way from the cache into the process.
#![expect(unsafe_code, reason = "machine code is made runnable, which no check can show to be harmless")]

use wasmtime::Engine;
use wasmtime::component::Component;

/// Machine code that this program compiled, for this user.
#[derive(Debug)]
pub(crate) struct NativeCode(Vec<u8>);

impl NativeCode {
    /// Compiles a component.
    pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self> {
        engine.precompile_component(bytes).map(Self)
    }

    /// Takes what [`NativeCode::compile`] gave at another time.
    ///
    /// # Safety
    /// The bytes came from [`NativeCode::bytes`], and nobody who may not run code as this user could have changed them.
    pub(crate) unsafe fn trust(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The code.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the code runnable. It fails if the code is that of another version or configuration.
    pub(crate) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: the bytes come from the compiler, see `compile` and `trust`.
        unsafe { Component::deserialize(engine, &self.0) }
    }
}
