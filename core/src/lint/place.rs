//! Places in a definition, as findings name them.

use std::fmt;

use crate::yaml::DocPath;

/// A value of a definition, there or missing, printed with brackets around the numbers of items:
/// `tool.parameters[0].items`.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: DocPath,
    text: String,
}

impl Place {
    /// A value at the root of the file.
    pub(super) fn root(key: &str) -> Self {
        Self { path: DocPath::root().key(key), text: key.to_owned() }
    }

    /// A value of the mapping that is here.
    pub(super) fn key(&self, key: &str) -> Self {
        Self { path: self.path.key(key), text: format!("{}.{key}", self.text) }
    }

    /// An item of the list that is here.
    pub(super) fn index(&self, index: usize) -> Self {
        Self { path: self.path.index(index), text: format!("{}[{index}]", self.text) }
    }

    /// The path within the document.
    pub(super) fn path(&self) -> &DocPath {
        &self.path
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
