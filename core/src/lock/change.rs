//! How what is served differs from what was locked.

use std::collections::BTreeMap;
use std::fmt;

use super::Digest;

/// A file that is not as it was locked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// Its path relative to the project root.
    pub path: String,
    /// What happened to it.
    pub change: Difference,
}

/// What happened to a file since it was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// It is served and not locked.
    Added,
    /// It is locked and not served any more.
    Removed,
    /// It has other bytes.
    Changed,
}

/// What differs between the files that were locked and those of now, by path.
pub(super) fn between(locked: &BTreeMap<String, Digest>, now: &BTreeMap<String, Digest>) -> Vec<Change> {
    let change = |path: &String, change| Change { path: path.clone(), change };
    let gone_or_changed = locked.iter().filter_map(|(path, digest)| match now.get(path) {
        None => Some(change(path, Difference::Removed)),
        Some(other) if other != digest => Some(change(path, Difference::Changed)),
        Some(_) => None,
    });
    let added = now.keys().filter(|path| !locked.contains_key(*path));
    let mut changes: Vec<_> =
        gone_or_changed.chain(added.map(|path| change(path, Difference::Added))).collect();
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        })
    }
}
