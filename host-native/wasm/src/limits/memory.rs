//! The memory of an instance.

use wasmtime::ResourceLimiter;

/// Most elements of all tables together.
const TABLE_ELEMENTS: usize = 1 << 20;

/// Most instances, memories and tables that a component may be made of.
const PARTS: usize = 1000;

/// Counts the memory of all parts of an instance together.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    used: usize,
    elements: usize,
    refused: bool,
}

impl Memory {
    /// Of `limit` bytes at most.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, used: 0, elements: 0, refused: false }
    }

    /// Whether more was asked for than there may be.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused
    }

    /// Another call begins.
    pub(crate) fn begin(&mut self) {
        self.refused = false;
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            // The component may do with less; most trap.
            self.refused = true;
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let elements = self.elements.saturating_add(desired.saturating_sub(current));
        if elements > TABLE_ELEMENTS {
            return Ok(false);
        }
        self.elements = elements;
        Ok(true)
    }

    fn instances(&self) -> usize {
        PARTS
    }

    fn tables(&self) -> usize {
        PARTS
    }

    fn memories(&self) -> usize {
        PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together() {
        let mut memory = Memory::new(100);
        assert!(memory.memory_growing(0, 60, None).unwrap());
        assert!(memory.memory_growing(0, 40, None).unwrap());
        assert!(!memory.was_refused());
        assert!(!memory.memory_growing(40, 41, None).unwrap());
        assert!(memory.was_refused());
    }

    #[test]
    fn tables_have_a_limit() {
        let mut memory = Memory::new(100);
        assert!(memory.table_growing(0, 1000, None).unwrap());
        assert!(!memory.table_growing(1000, 1 << 21, None).unwrap());
    }
}
