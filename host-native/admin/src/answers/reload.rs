//! That a reload was asked for.

use schemars::JsonSchema;
use serde::Serialize;

/// That a reload was asked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ReloadResponse {
    /// Always `reload_initiated`.
    pub(crate) status: &'static str,
    /// Now.
    pub(crate) timestamp: String,
    /// What the reload is known by, in the log and in the status.
    pub(crate) reload_request_id: String,
    /// What to do next.
    pub(crate) message: &'static str,
}
