//! How long and how many calls may be.

use std::time::Duration;

use mxcp_core::limits::CALL_TIME;

/// Limits of a process.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest time a call may run whose definition says nothing; none: no limit.
    pub call_timeout: Option<Duration>,
    /// Most calls in flight; more are refused.
    pub concurrent_calls: usize,
    /// Largest request body in bytes.
    pub request_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { call_timeout: Some(CALL_TIME), concurrent_calls: 1024, request_bytes: 4 * 1024 * 1024 }
    }
}
