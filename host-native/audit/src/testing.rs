//! What the tests of this crate share.

use std::time::Duration;

use mxcp_core::audit::{AuditRecord, Measure, Status};
use mxcp_core::call::Caller;
use mxcp_core::definition::Kind;
use mxcp_core::value::Value;
use mxcp_runtime::ports::CallFacts;

use crate::line::Entry;
use crate::options::Options;
use crate::schema::Schema;

/// The entry of a call.
pub(crate) fn call(name: &str) -> Entry {
    let facts = CallFacts { duration: Duration::from_millis(42), ..CallFacts::default() };
    Entry::Call(Box::new(record(name)), facts)
}

/// The record of a call.
pub(crate) fn record(name: &str) -> AuditRecord {
    AuditRecord {
        request_id: "1".to_owned(),
        timestamp: "2026-01-15T10:30:45Z".to_owned(),
        caller_type: Caller::Http,
        operation_type: Kind::Tool,
        operation_name: name.to_owned(),
        user_id: None,
        session_id: None,
        trace_id: None,
        definition_digest: None,
        policy_digest: None,
        input_data: Value::parse_json(r#"{"user": "ann", "n": 1}"#).unwrap(),
        output_data: Some(Value::parse_json(r#"{"u": "ann"}"#).unwrap()),
        operation_status: Status::Success,
        error: None,
        policy_decision: None,
        policy_reason: None,
        policies_evaluated: Vec::new(),
        policy_errors: Vec::new(),
        input_size: Measure { bytes: 20, tokens: 5 },
        output_size: Measure { bytes: 11, tokens: 3 },
    }
}

/// A schema with some of its keys.
pub(crate) fn schema(keys: &str) -> Schema {
    let mut schema: serde_json::Value = serde_json::from_str(keys).unwrap();
    schema["schema_name"] = "mxcp.endpoints".into();
    schema["version"] = 2.into();
    serde_json::from_value(schema).unwrap()
}

/// A log in a folder of its own.
pub(crate) fn options() -> (tempfile::TempDir, Options) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit/logs.jsonl");
    (folder, Options::new(path))
}
