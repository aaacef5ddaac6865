//! Files that implementations are in.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{ChangeKind, FileChange, Resource, Snapshot};
use super::pairs;

impl Snapshot {
    /// The digest of the file that a resource of this snapshot is implemented in, if both are known.
    pub(super) fn digest_of_source(&self, resource: &Resource) -> Option<&str> {
        let digests = self.files.as_ref()?;
        digests.get(resource.source_file.as_ref()?).map(String::as_str)
    }

    fn sources(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().filter_map(|resource| resource.source_file.as_deref())
    }
}

/// What happened to files that no endpoint is implemented in. What is not known on both sides has not changed.
pub(super) fn changes(before: &Snapshot, now: &Snapshot) -> Vec<FileChange> {
    let (Some(old), Some(new)) = (&before.files, &now.files) else { return Vec::new() };
    let sources: BTreeSet<&str> = before.sources().chain(now.sources()).collect();
    let others = |files: &'_ BTreeMap<String, String>| -> Vec<(String, String)> {
        let others = files.iter().filter(|(path, _)| !sources.contains(path.as_str()));
        others.map(|(path, digest)| (path.clone(), digest.clone())).collect()
    };
    let (old, new) = (others(old), others(new));
    let (old, new) = (by_path(&old), by_path(&new));
    let changes = pairs(&old, &new).into_iter().filter_map(|(path, old, new)| {
        let change_type = match (old, new) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            (old, new) if old != new => ChangeKind::Modified,
            _ => return None,
        };
        Some(FileChange { path: path.to_owned(), change_type })
    });
    changes.collect()
}

fn by_path(files: &[(String, String)]) -> BTreeMap<&str, &String> {
    files.iter().map(|(path, digest)| (path.as_str(), digest)).collect()
}
