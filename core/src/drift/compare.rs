//! What counts as a difference between two snapshots.

mod definitions;
mod files;
mod resources;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use super::{ChangeKind, Report, Snapshot, Summary, VERSION};

/// How exact two snapshots can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precision {
    /// Both are of this program.
    Full,
    /// The baseline is of the reference implementation: nulls of its definitions are lost, and what it says of an invalid
    /// endpoint is the first problem only, with an excerpt in the words of another DuckDB.
    Reference,
}

impl Snapshot {
    /// How `current` differs from this snapshot, which was read from `path`.
    #[must_use]
    pub fn compare(&self, current: &Self, path: &str, generated_at: &str) -> Report {
        let precision = if self.files.is_some() { Precision::Full } else { Precision::Reference };
        let table_changes = tables::changes(&self.tables, &current.tables);
        let resource_changes = resources::changes(self, current, precision);
        let file_changes = files::changes(self, current);
        let tables = |kind| table_changes.iter().filter(|change| change.change_type == kind).count();
        let resources = |kind| resource_changes.iter().filter(|change| change.change_type == kind).count();
        let summary = Summary {
            tables_added: tables(ChangeKind::Added),
            tables_removed: tables(ChangeKind::Removed),
            tables_modified: tables(ChangeKind::Modified),
            resources_added: resources(ChangeKind::Added),
            resources_removed: resources(ChangeKind::Removed),
            resources_modified: resources(ChangeKind::Modified),
            files_changed: file_changes.len(),
        };
        Report {
            version: VERSION,
            generated_at: generated_at.to_owned(),
            baseline_snapshot_path: path.to_owned(),
            current_snapshot_generated_at: current.generated_at.clone(),
            baseline_snapshot_generated_at: self.generated_at.clone(),
            has_drift: summary != Summary::default(),
            summary,
            table_changes,
            resource_changes,
            file_changes,
        }
    }
}

/// What there is of each key before and now: added ones, removed ones, those of both; each by key.
fn pairs<'a, K: Ord + Copy, T>(
    before: &BTreeMap<K, &'a T>,
    now: &BTreeMap<K, &'a T>,
) -> Vec<(K, Option<&'a T>, Option<&'a T>)> {
    let keys: BTreeSet<K> = before.keys().chain(now.keys()).copied().collect();
    let mut pairs: Vec<_> =
        keys.into_iter().map(|key| (key, before.get(&key).copied(), now.get(&key).copied())).collect();
    pairs.sort_by_key(|(_, before, now)| match (before, now) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Modified,
    });
    pairs
}
