//! Asking for what was recorded.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::administered::BoxFuture;
use crate::answers::{AuditQueryResponse, AuditStatsResponse};

/// Reads what was recorded. Errors are texts for the operator.
pub trait AuditQueries: fmt::Debug + Send + Sync {
    /// The newest records that pass a filter.
    fn query(&self, filter: AuditFilter) -> BoxFuture<'_, Result<AuditQueryResponse, String>>;

    /// How many there are, made from `start` on and up to `end`.
    fn stats(
        &self,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
    ) -> BoxFuture<'_, Result<AuditStatsResponse, String>>;
}

/// Which records are asked for: those with all of these values, exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Name of the schema.
    pub schema_name: Option<String>,
    /// Made then or later.
    pub start: Option<DateTime<Utc>>,
    /// Made then or before.
    pub end: Option<DateTime<Utc>>,
    /// Kind of the operation.
    pub operation_type: Option<String>,
    /// Its name.
    pub operation_name: Option<String>,
    /// How it ended.
    pub operation_status: Option<String>,
    /// Whose it was.
    pub user_id: Option<String>,
    /// The trace that it was part of.
    pub trace_id: Option<String>,
    /// At most so many.
    pub limit: usize,
    /// Without so many of the newest.
    pub offset: usize,
}

/// Nothing is recorded.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoQueries;

impl AuditQueries for NoQueries {
    fn query(&self, _filter: AuditFilter) -> BoxFuture<'_, Result<AuditQueryResponse, String>> {
        Box::pin(async { Ok(AuditQueryResponse::default()) })
    }

    fn stats(
        &self,
        _start: Option<DateTime<Utc>>,
        _end: Option<DateTime<Utc>>,
    ) -> BoxFuture<'_, Result<AuditStatsResponse, String>> {
        Box::pin(async { Ok(AuditStatsResponse::default()) })
    }
}
