//! What loaded, ready to be called.

mod describe;
mod plan;
mod prepare;
mod reply;
pub(crate) mod scope;
mod shape;
mod visible;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub use describe::ToolDescription;
pub use plan::{Output, Plan, Rows};
pub use prepare::{Prepared, Refusal};
pub use reply::{ExecutionError, Reply, Success};

use crate::call::{Call, CallContext};
use crate::definition::{Endpoint, Kind};

/// Every endpoint of a project: immutable, shared by all calls of a generation.
#[derive(Debug, Default)]
pub struct Registry {
    /// Tools, resources, prompts, by file path within.
    endpoints: Vec<Arc<Endpoint>>,
    /// Made when someone asks: most commands never do.
    tools: OnceLock<Vec<ToolDescription>>,
    index: BTreeMap<Kind, BTreeMap<String, Arc<Endpoint>>>,
    listings_differ: bool,
}

impl Registry {
    /// A registry of endpoints in the order they are to be listed in; names are unique within a kind.
    pub(crate) fn new(endpoints: Vec<Arc<Endpoint>>) -> Self {
        let mut index: BTreeMap<Kind, BTreeMap<String, Arc<Endpoint>>> = BTreeMap::new();
        for endpoint in &endpoints {
            index.entry(endpoint.kind).or_default().insert(endpoint.name.clone(), Arc::clone(endpoint));
        }
        let listings_differ = endpoints.iter().any(|endpoint| endpoint.policies.can_be_hidden());
        Self { endpoints, tools: OnceLock::new(), index, listings_differ }
    }

    /// An endpoint by name (a resource by its URI template as written).
    #[must_use]
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Arc<Endpoint>> {
        self.index.get(&kind)?.get(name)
    }

    /// All endpoints: tools, resources, prompts, by file path within.
    pub fn endpoints(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        self.endpoints.iter()
    }

    /// What `tools/list` says, in the order of [`Registry::endpoints`].
    #[must_use]
    pub fn tools(&self) -> &[ToolDescription] {
        self.tools.get_or_init(|| {
            let tools = self.endpoints.iter().filter(|endpoint| endpoint.kind == Kind::Tool);
            tools.map(|endpoint| ToolDescription::of(endpoint)).collect()
        })
    }

    /// The same registry without the endpoints that `keep` refuses.
    #[must_use]
    pub fn retain(mut self, keep: impl Fn(&Endpoint) -> bool) -> Self {
        self.endpoints.retain(|endpoint| keep(endpoint));
        Self::new(self.endpoints)
    }

    /// Converts and validates the arguments, decides the input policy, and says what to run.
    ///
    /// # Errors
    /// The call must not run; the refusal has the error for the caller and the audit record.
    pub fn prepare(&self, call: Call, context: CallContext) -> Result<Prepared, Box<Refusal>> {
        prepare::prepare(self, call, context)
    }
}
