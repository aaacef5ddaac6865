//! Changing a file of somebody else: what is not set stays, and is written back as it was meant.

use super::node::{Data, Entry, Node};
use super::path::Part;
use super::{DocPath, Document};

impl Document {
    /// Sets the value at a path of keys. What is no mapping on the way there becomes one.
    pub fn set(&mut self, path: &DocPath, value: serde_json::Value) {
        let mut node = self.root_mut();
        for part in path.parts() {
            let Part::Key(key) = part else { return };
            node = node.child_mut(key);
        }
        *node = Node { range: 0..0, data: value.into() };
    }
}

impl Node {
    /// The value of a key, which is made if it is not there.
    fn child_mut(&mut self, key: &str) -> &mut Node {
        if !matches!(self.data, Data::Mapping(_)) {
            self.data = Data::Mapping(Vec::new());
        }
        let entries = match &mut self.data {
            Data::Mapping(entries) => entries,
            _ => unreachable!("it has just been made one"),
        };
        let index = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
            let value = Node { range: 0..0, data: Data::Null };
            entries.push(Entry { key: key.to_owned(), key_range: 0..0, value });
            entries.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the index has just been found, or the entry been made")]
        &mut entries[index].value
    }
}
