//! Statements a connection has prepared.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use mxcp_core::definition::SqlText;

use crate::statement::Statement;

/// Most statements kept on one connection.
const CAPACITY: usize = 256;

/// Prepared statements by the identity of their text.
///
/// An entry dies with the last `Arc` of its text: the texts of a project live as long as its generation, those of
/// `mxcp query` as long as their one request. The `Weak` in an entry keeps the address from being given to another text.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: HashMap<*const SqlText, Entry>,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    source: Weak<SqlText>,
    statement: Statement,
    /// [`Store::definitions`](crate::store::Store::definitions) at the time.
    definitions: u64,
    used: u64,
}

impl Cache {
    /// The statement of a text, if it was prepared under the same definitions.
    pub(crate) fn get(&mut self, source: &Arc<SqlText>, definitions: u64) -> Option<&mut Statement> {
        self.clock += 1;
        let entry = self.entries.get_mut(&Arc::as_ptr(source))?;
        entry.used = self.clock;
        (entry.definitions == definitions).then_some(&mut entry.statement)
    }

    /// Keeps a statement; the one that was not used for longest makes room if need be.
    pub(crate) fn put(&mut self, source: &Arc<SqlText>, definitions: u64, statement: Statement) {
        self.entries.retain(|_, entry| entry.source.strong_count() > 0);
        let key = Arc::as_ptr(source);
        if self.entries.len() >= CAPACITY && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key);
            oldest.and_then(|oldest| self.entries.remove(&oldest));
        }
        let entry = Entry { source: Arc::downgrade(source), statement, definitions, used: self.clock };
        self.entries.insert(key, entry);
    }

    /// How many statements are kept.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
