//! What loaded, ready to be called.

mod describe;
mod plan;
mod reply;
mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use describe::ToolDescription;
pub use plan::{Output, Plan, Rows};
pub use reply::{ExecutionError, Prepared, Refusal, Reply, Success};

use crate::call::{Call, CallContext};
use crate::definition::{Endpoint, Kind};

/// Every endpoint of a project: immutable, shared by all calls of a generation.
#[derive(Debug, Default)]
pub struct Registry {
    endpoints: BTreeMap<(Kind, String), Arc<Endpoint>>,
}

impl Registry {
    /// An endpoint by name (a resource by its URI template as written).
    #[must_use]
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Arc<Endpoint>> {
        self.endpoints.get(&(kind, name.to_owned()))
    }

    /// All endpoints: tools, resources, prompts, by file path within.
    pub fn endpoints(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        self.endpoints.values()
    }

    /// What `tools/list` says, in the order of [`Registry::endpoints`].
    #[must_use]
    pub fn tools(&self) -> &[ToolDescription] {
        &[]
    }

    /// The same registry without the endpoints that `keep` refuses.
    #[must_use]
    pub fn retain(self, _keep: impl Fn(&Endpoint) -> bool) -> Self {
        self
    }

    /// Converts and validates the arguments, decides the input policy, and says what to run.
    ///
    /// # Errors
    /// The call must not run; the refusal has the error for the caller and the audit record.
    #[expect(clippy::result_large_err, reason = "a refusal carries the whole audit record")]
    pub fn prepare(&self, _call: Call, _context: &CallContext) -> Result<Prepared, Refusal> {
        Err(Refusal {})
    }
}
