//! What loaded, ready to be called.

mod describe;
mod dissect;
mod explain;
mod fit;
mod pending;
mod plan;
mod prepare;
mod reply;
mod resources;
mod review;
pub(crate) mod scope;
mod shape;
mod visible;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub use describe::{PromptArgument, PromptDescription, ResourceDescription, ToolDescription};
pub use dissect::Dissection;
pub use explain::{Explanation, InputAnswer, OutputAnswer, Question};
pub use pending::{Approval, Pending, Unapproved};
pub use plan::{Output, Plan, PromptPlan, Rows};
pub use prepare::{Prepared, Refusal};
pub use reply::{ExecutionError, Reply, Success};
pub use review::{Ending, Now, PastCall, Review};

use crate::call::{Call, CallContext};
use crate::definition::{Endpoint, Kind};
use crate::value::Object;
use resources::ResourceIndex;

/// Every endpoint of a project: immutable, shared by all calls of a generation.
#[derive(Debug, Default)]
pub struct Registry {
    /// Tools, resources, prompts, by file path within.
    endpoints: Vec<Arc<Endpoint>>,
    /// Made when someone asks: most commands never do.
    tools: OnceLock<Vec<ToolDescription>>,
    by_uri: ResourceIndex,
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
        let by_uri = ResourceIndex::new(&endpoints);
        Self { endpoints, tools: OnceLock::new(), by_uri, index, listings_differ }
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

    /// What `resources/list` and `resources/templates/list` say, in the order of [`Registry::endpoints`].
    #[must_use]
    pub fn resources(&self) -> Vec<ResourceDescription> {
        self.of_kind(Kind::Resource).map(ResourceDescription::of).collect()
    }

    /// What `prompts/list` says, in the order of [`Registry::endpoints`].
    #[must_use]
    pub fn prompts(&self) -> Vec<PromptDescription> {
        self.of_kind(Kind::Prompt).map(PromptDescription::of).collect()
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.iter().filter(move |endpoint| endpoint.kind == kind).map(|endpoint| &**endpoint)
    }

    /// The resources that a URI may be of: the name of each (the URI template as written) and the arguments it is to be
    /// called with, as texts. A resource without placeholders comes before one with, and one that leaves less open
    /// before one that leaves more. The first one that the caller may know of is the one.
    pub fn resources_at(&self, uri: &str) -> impl Iterator<Item = (&str, Object)> {
        self.by_uri.candidates(uri).map(|(endpoint, arguments)| (endpoint.name.as_str(), arguments))
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
    /// The call must not run, or not yet; the refusal has the error for the caller and the audit record, and the call if a
    /// person may approve it.
    pub fn prepare(&self, call: Call, context: CallContext) -> Result<Prepared, Box<Refusal>> {
        prepare::prepare(self, call, context)
    }
}
