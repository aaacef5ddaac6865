//! How much one file may hold. A few bytes can stand for more values than any memory has.

use super::node::{Data, Node};
use crate::diagnostic::{Code, Diagnostic};

/// More values than any honest file has, keys and values of aliases included.
const MAX_VALUES: usize = 100_000;

/// Most bytes of text that aliases may repeat.
const MAX_COPIED_BYTES: usize = 16 << 20;

/// Deeper than any honest file is: what walks the tree afterwards recurses.
pub(super) const MAX_DEPTH: usize = 64;

/// What a file has used up so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    values: usize,
    copied: Weight,
}

/// How much there is of a value.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    values: usize,
    bytes: usize,
}

impl Budget {
    /// Counts one more value that is written out.
    ///
    /// # Errors
    /// It is one too many.
    pub(super) fn value(&mut self) -> Result<(), Diagnostic> {
        self.values += 1;
        self.check()
    }

    /// Counts a copy that is made of a value, as an anchor or an alias asks for one; before it is made.
    ///
    /// # Errors
    /// It is more than a file may hold.
    pub(super) fn copy(&mut self, node: &Node) -> Result<(), Diagnostic> {
        self.copied.add(node);
        self.check()
    }

    fn check(&self) -> Result<(), Diagnostic> {
        if self.values + self.copied.values > MAX_VALUES {
            let message = format!("file has more than {MAX_VALUES} values once its aliases are expanded");
            return Err(Diagnostic::error(Code::TooLarge, message));
        }
        if self.copied.bytes > MAX_COPIED_BYTES {
            let message = format!("aliases of this file repeat more than {MAX_COPIED_BYTES} bytes");
            return Err(Diagnostic::error(Code::TooLarge, message));
        }
        Ok(())
    }
}

impl Weight {
    fn add(&mut self, node: &Node) {
        self.values += 1;
        match &node.data {
            Data::Sequence(items) => items.iter().for_each(|item| self.add(item)),
            Data::Mapping(entries) => {
                for entry in entries {
                    self.bytes += entry.key.len();
                    self.values += 1;
                    self.add(&entry.value);
                }
            }
            Data::String { text, .. } | Data::Wide(text) | Data::Timestamp(text) => self.bytes += text.len(),
            Data::Null | Data::Bool(_) | Data::Int(_) | Data::Float(_) => {}
        }
    }
}
