//! Paths to values inside a document.

use std::fmt;

/// A path from the root of a document, printed dotted: `tool.parameters.0.type`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocPath {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Key(String),
    Index(usize),
}

impl DocPath {
    /// The document itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The path one key further in.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.with(Part::Key(key.into()))
    }

    /// The path one list item further in.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Part::Index(index))
    }

    fn with(&self, part: Part) -> Self {
        let mut parts = self.parts.clone();
        parts.push(part);
        Self { parts }
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

impl fmt::Display for DocPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.parts.iter().enumerate() {
            if position > 0 {
                formatter.write_str(".")?;
            }
            match part {
                Part::Key(key) => formatter.write_str(key)?,
                Part::Index(index) => write!(formatter, "{index}")?,
            }
        }
        Ok(())
    }
}
