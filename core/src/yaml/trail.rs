//! Where a walk through a tree stands, at no cost until someone asks.

use super::DocPath;

/// The way from the root to the value being looked at, on the stack of the walk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trail<'a> {
    /// The document itself.
    Root,
    /// A value of a mapping.
    Key(&'a Trail<'a>, &'a str),
    /// An item of a list.
    Index(&'a Trail<'a>, usize),
}

impl Trail<'_> {
    /// The way as a path of its own.
    pub(super) fn to_path(self) -> DocPath {
        match self {
            Trail::Root => DocPath::root(),
            Trail::Key(before, key) => before.to_path().key(key.to_owned()),
            Trail::Index(before, index) => before.to_path().index(index),
        }
    }
}
