//! What was recorded.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// Records that were asked for, newest first.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AuditQueryResponse {
    /// The records, each with all its fields.
    pub records: Vec<Map<String, Json>>,
    /// How many these are.
    pub count: usize,
}

/// How much was recorded.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AuditStatsResponse {
    /// How many records there are.
    pub total_records: u64,
    /// How many there are of each kind of operation.
    pub by_type: BTreeMap<String, u64>,
    /// How many operations ended in which way.
    pub by_status: BTreeMap<String, u64>,
    /// How many were decided in which way by policies; those without a decision are left out.
    pub by_policy: BTreeMap<String, u64>,
    /// When the oldest was made.
    pub earliest_timestamp: Option<String>,
    /// When the newest was made.
    pub latest_timestamp: Option<String>,
}
