//! The entries of a mapping while it is being read.

use std::collections::BTreeMap;

use super::node::Entry;

/// Fewer entries are looked through sooner than an index is kept.
const WORTH_AN_INDEX: usize = 32;

/// Entries in order, each key once.
#[derive(Debug, Default)]
pub(super) struct Entries {
    list: Vec<Entry>,
    /// Places in the list by key, once there are many: a mapping of a hundred thousand keys would take hours
    /// otherwise.
    index: BTreeMap<String, usize>,
}

impl Entries {
    /// The entry of a key.
    pub(super) fn find(&self, key: &str) -> Option<&Entry> {
        if self.index.is_empty() {
            return self.list.iter().find(|entry| entry.key == key);
        }
        self.list.get(*self.index.get(key)?)
    }

    /// Appends an entry whose key is new.
    pub(super) fn push(&mut self, entry: Entry) {
        if !self.index.is_empty() {
            self.index.insert(entry.key.clone(), self.list.len());
        }
        self.list.push(entry);
        if self.index.is_empty() && self.list.len() >= WORTH_AN_INDEX {
            let places = self.list.iter().enumerate();
            self.index = places.map(|(place, entry)| (entry.key.clone(), place)).collect();
        }
    }

    /// The entries in order.
    pub(super) fn into_vec(self) -> Vec<Entry> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Data, Node};

    #[test]
    fn keys_are_found_before_and_after_there_are_many() {
        let mut entries = Entries::default();
        for number in 0..3 * WORTH_AN_INDEX {
            let key = format!("key{number}");
            assert!(entries.find(&key).is_none());
            let value = Node { range: 0..0, data: Data::Null };
            entries.push(Entry { key, key_range: number..number, value });
            assert_eq!(entries.find("key0").unwrap().key_range, 0..0);
            assert_eq!(entries.find(&format!("key{number}")).unwrap().key_range, number..number);
        }
        assert_eq!(entries.into_vec().len(), 3 * WORTH_AN_INDEX);
    }
}
