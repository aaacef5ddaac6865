//! Paths to values inside a document.

use std::fmt;
use std::sync::Arc;

/// A path from the root of a document, printed dotted: `tool.parameters.0.type`.
///
/// Going one step further in costs one allocation: paths are made for every value that is looked at, and
/// needed only for those that something is wrong with.
#[derive(Clone, Debug, Default)]
pub struct DocPath {
    last: Option<Arc<Step>>,
}

#[derive(Debug)]
struct Step {
    before: DocPath,
    part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Key(Box<str>),
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
    pub fn key(&self, key: impl Into<Box<str>>) -> Self {
        self.with(Part::Key(key.into()))
    }

    /// The path one list item further in.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Part::Index(index))
    }

    fn with(&self, part: Part) -> Self {
        Self { last: Some(Arc::new(Step { before: self.clone(), part })) }
    }

    /// The parts from the root on.
    pub(super) fn parts(&self) -> Vec<&Part> {
        let steps = std::iter::successors(self.last.as_deref(), |step| step.before.last.as_deref());
        let mut parts: Vec<&Part> = steps.map(|step| &step.part).collect();
        parts.reverse();
        parts
    }
}

impl fmt::Display for DocPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.parts().into_iter().enumerate() {
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
