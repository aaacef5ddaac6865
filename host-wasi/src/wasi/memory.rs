//! This instance's own memory, by address.

#![allow(unsafe_code, reason = "addresses are what the canonical ABI speaks of")]

use std::alloc::{Layout, alloc, dealloc};

use crate::abi::{Fault, Memory};

/// Bytes in a page of linear memory.
const PAGE: usize = 64 * 1024;

/// The memory of the running instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnMemory;

/// Whether a range is within the memory and not at its very beginning, where nothing of ours ever is.
fn check(at: u32, length: usize) -> Result<(), Fault> {
    let end = (at as usize).checked_add(length).ok_or(Fault::OutOfBounds)?;
    let size = core::arch::wasm32::memory_size(0).saturating_mul(PAGE);
    if at == 0 || end > size { Err(Fault::OutOfBounds) } else { Ok(()) }
}

impl Memory for OwnMemory {
    fn read(&self, at: u32, into: &mut [u8]) -> Result<(), Fault> {
        if into.is_empty() {
            return Ok(());
        }
        check(at, into.len())?;
        // SAFETY: the source lies within linear memory, which is all readable; the destination is a slice that Rust
        // gave out for writing, so that a callee's pointer to it could only make the copy overlap, which `copy` allows.
        unsafe { std::ptr::copy(at as usize as *const u8, into.as_mut_ptr(), into.len()) };
        Ok(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Fault> {
        if bytes.is_empty() {
            return Ok(());
        }
        check(at, bytes.len())?;
        // SAFETY: `at` is within a block that `allocate` gave out, which nothing else refers to.
        unsafe { std::ptr::copy(bytes.as_ptr(), at as usize as *mut u8, bytes.len()) };
        Ok(())
    }

    fn allocate(&mut self, size: u32, align: u32) -> Result<u32, Fault> {
        if size == 0 {
            return Ok(align);
        }
        let layout =
            Layout::from_size_align(size as usize, align as usize).map_err(|_| Fault::OutOfMemory)?;
        // SAFETY: the layout has a size.
        let block = unsafe { alloc(layout) };
        if block.is_null() { Err(Fault::OutOfMemory) } else { Ok(block as usize as u32) }
    }

    fn free(&mut self, at: u32, size: u32, align: u32) {
        let Ok(layout) = Layout::from_size_align(size as usize, align as usize) else { return };
        if size != 0 {
            // SAFETY: the block is of this allocator with this layout: from `allocate`, or from `cabi_realloc`, through
            // which the host, not the component, placed the result there.
            unsafe { dealloc(at as usize as *mut u8, layout) };
        }
    }
}
