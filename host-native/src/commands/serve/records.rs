//! What was recorded, for who asks over the admin socket (spec `admin.md` section 6).

use chrono::{DateTime, Utc};
use mxcp_admin::{AuditFilter, AuditQueries, AuditQueryResponse, AuditStatsResponse, BoxFuture};
use mxcp_audit::{AuditReader, Filter, Record};
use serde_json::{Map, Value as Json, json};

/// The log of the server, or of whoever wrote to its folder before.
#[derive(Debug)]
pub(super) struct Records(pub(super) AuditReader);

impl AuditQueries for Records {
    fn query(&self, filter: AuditFilter) -> BoxFuture<'_, Result<AuditQueryResponse, String>> {
        let filter = Filter {
            schema_name: filter.schema_name,
            since: filter.start,
            until: filter.end,
            operation_type: filter.operation_type,
            operation_names: filter.operation_name.into_iter().collect(),
            operation_status: filter.operation_status,
            decision: None,
            user_id: filter.user_id,
            session_id: None,
            trace_id: filter.trace_id,
            offset: filter.offset,
            limit: Some(filter.limit),
        };
        self.read(move |reader| {
            let found = reader.query(&filter)?;
            for line in &found.malformed {
                tracing::warn!(file = %line.file.display(), line = line.line, "a line of the audit log is no record");
            }
            let records: Vec<_> = found.records.into_iter().map(shown).collect();
            Ok(AuditQueryResponse { count: records.len(), records })
        })
    }

    fn stats(
        &self,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
    ) -> BoxFuture<'_, Result<AuditStatsResponse, String>> {
        self.read(move |reader| {
            let stats = reader.stats(start, end)?;
            Ok(AuditStatsResponse {
                total_records: stats.total,
                by_type: stats.by_type,
                by_status: stats.by_status,
                by_policy: stats.by_policy,
                earliest_timestamp: stats.earliest.map(time),
                latest_timestamp: stats.latest.map(time),
            })
        })
    }
}

impl Records {
    /// Reads on a thread of its own.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(AuditReader) -> Result<T, mxcp_audit::Error> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, String>> {
        let reader = self.0.clone();
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || work(reader)).await;
            read.map_err(|panic| panic.to_string())?.map_err(|error| error.to_string())
        })
    }
}

/// A time as the answers have it.
fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339()
}

/// A record as the answers have it: what is empty is null.
fn shown(record: Record) -> Map<String, Json> {
    let unless_empty = |value: Json| match &value {
        Json::Array(items) if items.is_empty() => Json::Null,
        Json::Object(fields) if fields.is_empty() => Json::Null,
        _ => value,
    };
    [
        ("record_id", json!(record.record_id)),
        ("timestamp", json!(time(record.timestamp))),
        ("schema_name", json!(record.schema_name)),
        ("schema_version", json!(record.schema_version)),
        ("operation_type", json!(record.operation_type)),
        ("operation_name", json!(record.operation_name)),
        ("operation_status", json!(record.operation_status)),
        ("duration_ms", json!(record.duration_ms)),
        ("caller_type", json!(record.caller_type)),
        ("user_id", json!(record.user_id)),
        ("session_id", json!(record.session_id)),
        ("trace_id", json!(record.trace_id)),
        ("input_data", unless_empty(record.input_data)),
        ("output_data", record.output_data),
        ("error", json!(record.error)),
        ("policies_evaluated", unless_empty(json!(record.policies_evaluated))),
        ("policy_decision", json!(record.policy_decision)),
        ("policy_reason", json!(record.policy_reason)),
        ("business_context", unless_empty(record.business_context)),
        ("execution_events", unless_empty(record.execution_events)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
