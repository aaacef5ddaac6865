//! Whether a server can answer calls.

use schemars::JsonSchema;
use serde::Serialize;

/// Whether the server can answer calls.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct HealthResponse {
    /// `ok`, or `error` with status 503.
    pub(crate) status: &'static str,
    /// Now.
    pub(crate) timestamp: String,
}
