//! Listings: the endpoints that a caller may know of.

use std::sync::Arc;

use super::Registry;
use crate::call::CallContext;
use crate::definition::{Endpoint, Kind};

impl Registry {
    /// Whether listings differ between callers at all. If not, nobody has to ask for the others.
    #[must_use]
    pub fn listings_differ(&self) -> bool {
        self.listings_differ
    }

    /// Whether an endpoint is in the caller's listings: it exists, and some arguments could open it.
    #[must_use]
    pub fn is_visible(&self, kind: Kind, name: &str, context: &CallContext) -> bool {
        self.get(kind, name).is_some_and(|endpoint| endpoint.policies.is_visible(context))
    }

    /// The caller's listing of a kind, in the order of [`Registry::endpoints`].
    pub fn visible<'a>(
        &'a self,
        kind: Kind,
        context: &'a CallContext,
    ) -> impl Iterator<Item = &'a Arc<Endpoint>> {
        self.endpoints
            .iter()
            .filter(move |endpoint| endpoint.kind == kind && endpoint.policies.is_visible(context))
    }
}
