//! The functions that are ready to be called.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use mxcp_core::definition::ComponentSource;
use wasmtime::component::Component;

use crate::ready::Ready;

/// Functions by the identity of their definition, so that calls of an earlier generation find theirs.
#[derive(Debug, Default)]
pub(super) struct Table(RwLock<BTreeMap<usize, Arc<Ready>>>);

impl Table {
    /// The function of a definition.
    pub(super) fn get(&self, source: &Arc<ComponentSource>) -> Option<Arc<Ready>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&identity(source)).cloned()
    }

    /// The code of a definition's component, if another function of it is ready already.
    pub(super) fn component(&self, source: &ComponentSource) -> Option<Component> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let same = |ready: &&Arc<Ready>| {
            let other = &ready.source;
            other.digest == source.digest && other.limits.fuel.is_some() == source.limits.fuel.is_some()
        };
        table.values().find(same).map(|ready| ready.component().clone())
    }

    /// Remembers a function, unless it was made meanwhile; gives the one that counts.
    pub(super) fn put(&self, ready: Arc<Ready>) -> Arc<Ready> {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(table.entry(identity(&ready.source)).or_insert(ready))
    }

    /// Lets go of functions whose definition nobody has any more.
    pub(super) fn forget_unused(&self) {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, ready| Arc::strong_count(&ready.source) > 1);
    }
}

/// Where a definition is in memory. The table holds it, so no other one comes to be there.
fn identity(source: &Arc<ComponentSource>) -> usize {
    Arc::as_ptr(source).addr()
}
