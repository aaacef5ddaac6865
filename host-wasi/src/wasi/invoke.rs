//! Calls of built-in functions.

use mxcp_core::wit;

use super::memory::OwnMemory;
use crate::abi;

#[allow(unsafe_code, reason = "the one import that WIT has no word for")]
mod import {
    #[link(wasm_import_module = "mxcp")]
    unsafe extern "C" {
        /// Replaced by `mxcp build`: calls the import of this index with the parameters of its core signature, a slot of
        /// eight bytes each, and stores its result, if it has one, in the first slot of `results`.
        #[link_name = "invoke"]
        pub(super) fn invoke(index: u32, arguments: *const u64, results: *mut u64);
    }
}

/// Calls the function of an index.
pub(super) fn invoke(
    index: u32,
    function: &wit::Function,
    arguments: &[wit::Value],
) -> Result<Option<wit::Value>, String> {
    let mut memory = OwnMemory;
    let mut raw = |slots: &[u64]| {
        // A function without parameters still gets a place that can be read.
        let mut padded = [0; abi::MOST_SLOTS];
        padded.iter_mut().zip(slots).for_each(|(to, from)| *to = *from);
        let mut result = 0;
        // SAFETY: both pointers are to as many slots as any core signature has, and the generated function touches no
        // others. What the slots point to was allocated by the caller and lives until after the call.
        #[allow(unsafe_code, reason = "a raw import")]
        unsafe {
            import::invoke(index, padded.as_ptr(), &raw mut result);
        }
        result
    };
    abi::call(&mut memory, function, arguments, &mut raw).map_err(|fault| fault.to_string())
}
