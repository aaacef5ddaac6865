//! Statements a connection has prepared.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use mxcp_core::definition::SqlText;

use crate::statement::Statement;
use crate::store::Version;

/// Most statements kept on one connection, of each kind of key.
const CAPACITY: usize = 256;

/// Prepared statements by what they are found by: the [`Identity`] of their text, or the text itself.
#[derive(Debug)]
pub(crate) struct Cache<K> {
    entries: HashMap<K, Entry>,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    statement: Statement,
    /// What the database was when it was prepared.
    version: Version,
    used: u64,
}

/// What statements are found by.
pub(crate) trait Key: Eq + Hash + Clone {
    /// Whether anybody can still ask for it.
    fn is_alive(&self) -> bool;
}

/// A text that is the same as long as it is the same `Arc`.
///
/// An entry dies with the last `Arc` of its text: the texts of a project live as long as its generation, those of
/// `mxcp query` as long as their one request. The `Weak` keeps the address from being given to another text.
#[derive(Clone, Debug)]
pub(crate) struct Identity(Weak<SqlText>);

impl Identity {
    /// The identity of a text.
    pub(crate) fn of(text: &Arc<SqlText>) -> Self {
        Self(Arc::downgrade(text))
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_ptr().hash(state);
    }
}

impl Key for Identity {
    fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl Key for Box<str> {
    fn is_alive(&self) -> bool {
        true
    }
}

impl<K: Key> Cache<K> {
    /// The statement of a text, if nothing has changed since it was prepared.
    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, version: Version) -> Option<&mut Statement>
    where
        K: Borrow<Q>,
    {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.clock;
        let outdated = entry.version.definitions != version.definitions
            || entry.statement.reads() && entry.version.data != version.data;
        (!outdated).then_some(&mut entry.statement)
    }

    /// Keeps a statement; the one that was not used for longest makes room if need be.
    pub(crate) fn put(&mut self, key: K, version: Version, statement: Statement) {
        self.entries.retain(|key, _| key.is_alive());
        if self.entries.len() >= CAPACITY && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.entries.remove(&oldest));
        }
        self.entries.insert(key, Entry { statement, version, used: self.clock });
    }

    /// How many statements are kept.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

impl<K> Default for Cache<K> {
    fn default() -> Self {
        Self { entries: HashMap::new(), clock: 0 }
    }
}
