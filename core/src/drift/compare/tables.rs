//! Tables and views.

use std::collections::BTreeMap;

use super::super::{ChangeKind, Column, ColumnChange, Table, TableChange};
use super::pairs;

pub(super) fn changes(before: &[Table], now: &[Table]) -> Vec<TableChange> {
    let (before, now) = (by_name(before), by_name(now));
    pairs(&before, &now)
        .into_iter()
        .filter_map(|((name, _), before, now)| change(name, before, now))
        .collect()
}

/// Tables by name; attached databases may have tables of the same name, which are told apart by their order.
fn by_name(tables: &[Table]) -> BTreeMap<(&str, usize), &Table> {
    let mut named = BTreeMap::new();
    for table in tables {
        let nth = (0..).find(|nth| !named.contains_key(&(table.name.as_str(), *nth))).unwrap_or_default();
        named.insert((table.name.as_str(), nth), table);
    }
    named
}

fn change(name: &str, before: Option<&Table>, now: Option<&Table>) -> Option<TableChange> {
    let mut change = TableChange {
        name: name.to_owned(),
        change_type: ChangeKind::Modified,
        columns_added: Vec::new(),
        columns_removed: Vec::new(),
        columns_modified: Vec::new(),
    };
    match (before, now) {
        (None, Some(now)) => {
            change.change_type = ChangeKind::Added;
            change.columns_added.clone_from(&now.columns);
        }
        (Some(before), None) => {
            change.change_type = ChangeKind::Removed;
            change.columns_removed.clone_from(&before.columns);
        }
        (Some(before), Some(now)) => columns(&before.columns, &now.columns, &mut change),
        (None, None) => return None,
    }
    let differs = !change.columns_added.is_empty()
        || !change.columns_removed.is_empty()
        || !change.columns_modified.is_empty();
    (differs || change.change_type != ChangeKind::Modified).then_some(change)
}

/// Compares columns by name; their order does not count.
fn columns(before: &[Column], now: &[Column], change: &mut TableChange) {
    let find = |columns: &[Column], name: &str| columns.iter().position(|column| column.name == name);
    for column in now {
        match find(before, &column.name).and_then(|index| before.get(index)) {
            None => change.columns_added.push(column.clone()),
            Some(old) if old.kind != column.kind => change.columns_modified.push(ColumnChange {
                name: column.name.clone(),
                old_type: old.kind.clone(),
                new_type: column.kind.clone(),
            }),
            Some(_) => {}
        }
    }
    change.columns_removed.extend(before.iter().filter(|column| find(now, &column.name).is_none()).cloned());
}
