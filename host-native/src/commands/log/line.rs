//! A record as it is shown.

use mxcp_audit::Record;
use serde::Serialize;
use serde_json::Value as Json;

use crate::failure::Failure;
use crate::ui::{Ui, printable, printable_line};

/// What stands above and below the records.
pub(super) const RULE: &str =
    "================================================================================";

/// What programs are told of a record.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    record_id: &'a str,
    timestamp: String,
    caller_type: &'a str,
    operation_type: &'a str,
    operation_name: &'a str,
    duration_ms: i64,
    user_id: Option<&'a str>,
    session_id: Option<&'a str>,
    trace_id: Option<&'a str>,
    operation_status: &'a str,
    error: Option<&'a str>,
    business_context: &'a Json,
    policy_decision: Option<&'a str>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(record: &'a Record) -> Self {
        Self {
            record_id: &record.record_id,
            timestamp: timestamp(record),
            caller_type: &record.caller_type,
            operation_type: &record.operation_type,
            operation_name: &record.operation_name,
            duration_ms: record.duration_ms,
            user_id: record.user_id.as_deref(),
            session_id: record.session_id.as_deref(),
            trace_id: record.trace_id.as_deref(),
            operation_status: &record.operation_status,
            error: record.error.as_deref(),
            business_context: &record.business_context,
            policy_decision: record.policy_decision.as_deref(),
        }
    }
}

/// When it was, in UTC: `2026-01-15T10:30:45.123456+00:00`.
pub(super) fn timestamp(record: &Record) -> String {
    record.timestamp.format("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string()
}

/// Shows a record to people, on one line; with `details`, its error and context on more.
pub(super) fn show(record: &Record, details: bool, ui: &mut Ui) -> Result<(), Failure> {
    let mark = match (record.operation_status.as_str(), record.policy_decision.as_deref()) {
        (_, Some("deny")) => "⊘",
        ("success", _) => "✓",
        _ => "✗",
    };
    let duration = match record.duration_ms {
        0 => "N/A".to_owned(),
        milliseconds => format!("{milliseconds}ms"),
    };
    ui.line(format_args!(
        "{mark} {} [{}] {} ({duration}) - {}",
        record.timestamp.format("%Y-%m-%d %H:%M:%S"),
        printable_line(&record.operation_type),
        printable_line(&record.operation_name),
        printable_line(record.user_id.as_deref().unwrap_or("unknown"))
    ))?;
    if details {
        if let Some(error) = &record.error {
            // Callers choose what errors quote: none of its lines may begin as a record does.
            ui.line(format_args!("    Error: {}", printable(error).replace('\n', "\n      ")))?;
        }
        if record.business_context.as_object().is_some_and(|context| !context.is_empty()) {
            ui.line(format_args!("    Context: {}", printable_line(&record.business_context.to_string())))?;
        }
    }
    Ok(())
}
