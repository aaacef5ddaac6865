//! Objects of the project's data as CEL sees them: converted key by key, when an expression looks.

use std::fmt;
use std::sync::Arc;

use cel_interpreter::ExecutionError;
use cel_interpreter::common::traits::{Container, Indexer, Iterable, Iterator, Sizer};
use cel_interpreter::common::types::{CelInt, CelMap, CelString, Type};
use cel_interpreter::common::value::{CowVal, Val};

use super::convert::Item;
use super::equality;
use super::list::Slot;

/// A map with text keys that borrows its values and keeps their order; copies share what was converted.
#[derive(Clone)]
pub(super) struct MapView<'v> {
    entries: Arc<[Entry<'v>]>,
}

struct Entry<'v> {
    key: CelString<'v>,
    slot: Slot<'v>,
}

impl<'v> MapView<'v> {
    pub(super) fn new(entries: impl std::iter::Iterator<Item = (&'v str, Item<'v>)>) -> Self {
        let entry = |(key, item)| Entry { key: CelString::from(key), slot: Slot::new(item) };
        Self { entries: entries.map(entry).collect() }
    }

    fn find(&self, key: &str) -> Option<&(dyn Val + 'v)> {
        self.entries.iter().find(|entry| entry.key.inner() == key).map(|entry| entry.slot.value())
    }
}

impl fmt::Debug for MapView<'_> {
    /// Without the entries: they are the data that policies protect.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "map of {}", self.entries.len())
    }
}

impl Val for MapView<'_> {
    fn get_type(&self) -> &Type {
        CelMap::cel_type()
    }

    fn cel_type() -> &'static Type {
        CelMap::cel_type()
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_iterable<'b, 'w>(&'b self) -> Option<&'b (dyn Iterable + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        equality::equal(self, other)
    }

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(self.clone())
    }
}

impl Container for MapView<'_> {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(key.downcast_ref::<CelString<'_>>().is_some_and(|key| self.find(key.inner()).is_some()))
    }
}

impl Indexer for MapView<'_> {
    fn get<'b, 'w>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let Some(key) = key.downcast_ref::<CelString<'_>>() else {
            return Err(ExecutionError::no_such_key(&format!("of type {}", key.get_type().name())));
        };
        match self.find(key.inner()) {
            Some(value) => Ok(CowVal::Borrowed(value)),
            None => Err(ExecutionError::no_such_key(key.inner())),
        }
    }

    fn steal<'w>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Iterable for MapView<'_> {
    fn iter<'b, 'w>(&'b self) -> Box<dyn Iterator<'b, 'w> + 'b>
    where
        Self: 'w,
    {
        Box::new(Keys { entries: self.entries.iter() })
    }
}

struct Keys<'b, 'v> {
    entries: std::slice::Iter<'b, Entry<'v>>,
}

impl<'b, 'v: 'w, 'w> Iterator<'b, 'w> for Keys<'b, 'v> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'w)> {
        self.entries.next().map(|entry| &entry.key as &(dyn Val + 'w))
    }
}

impl Sizer for MapView<'_> {
    fn size(&self) -> CelInt {
        i64::try_from(self.entries.len()).unwrap_or(i64::MAX).into()
    }
}
