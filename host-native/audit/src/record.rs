//! A record as it is read again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A record of the log: of this program, or of the reference implementation, which has no keys behind `execution_events` but
/// the last three.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Record {
    /// Which schema it has, and which version of it.
    #[serde(default)]
    pub schema_name: String,
    #[serde(default)]
    #[expect(missing_docs, reason = "said with the name")]
    pub schema_version: u32,
    /// A random UUID.
    pub record_id: String,
    /// When the call ended.
    pub timestamp: DateTime<Utc>,
    /// `tool`, `resource`, `prompt`; `authentication`, `admin`, `server` for what happened beside calls.
    pub operation_type: String,
    /// A name, or the URI template of a resource.
    pub operation_name: String,
    /// `success` or `error`.
    pub operation_status: String,
    /// Milliseconds, waiting included.
    #[serde(default)]
    pub duration_ms: i64,
    /// `stdio` or `http`; `api` and `system` beside calls.
    #[serde(default)]
    pub caller_type: String,
    /// Who called.
    #[serde(default)]
    pub user_id: Option<String>,
    /// In which MCP session.
    #[serde(default)]
    pub session_id: Option<String>,
    /// In which trace: 32 hexadecimal digits.
    #[serde(default)]
    pub trace_id: Option<String>,
    /// The arguments.
    #[serde(default)]
    pub input_data: Json,
    /// The result.
    #[serde(default)]
    pub output_data: Json,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// The rules that were evaluated, in order.
    #[serde(default)]
    pub policies_evaluated: Vec<String>,
    /// `allow`, `warn`, `ask`, `deny`; none without rules.
    #[serde(default)]
    pub policy_decision: Option<String>,
    /// Why.
    #[serde(default)]
    pub policy_reason: Option<String>,
    /// What the schema extracts.
    #[serde(default)]
    pub business_context: Json,
    /// What the code noted of the call.
    #[serde(default)]
    pub execution_events: Json,
    /// The id of the request in the log of the server.
    #[serde(default)]
    pub request_id: Option<String>,
    /// Digest of the definition that decided.
    #[serde(default)]
    pub definition_digest: Option<String>,
    /// Digest of the rules that decided.
    #[serde(default)]
    pub policy_digest: Option<String>,
    /// Rules that could not be evaluated.
    #[serde(default)]
    pub policy_errors: Vec<String>,
    /// About how many tokens the arguments are.
    #[serde(default)]
    pub input_tokens: Option<u64>,
    /// About how many tokens the result is.
    #[serde(default)]
    pub output_tokens: Option<u64>,
    /// Bytes of the result as JSON.
    #[serde(default)]
    pub output_bytes: Option<u64>,
    /// Whether the result is that of another call, which asked the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_cache: bool,
    /// The hash of the record before.
    #[serde(default)]
    pub prev_hash: Option<String>,
    /// The hash of this one.
    #[serde(default)]
    pub record_hash: Option<String>,
    /// Always none: heads are signed, not records.
    #[serde(default)]
    pub signature: Option<String>,
}

/// Of a line that has not been parsed, the time it tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) timestamp: DateTime<Utc>,
}

/// The time is among the first keys, before anything that comes from a caller.
const WITHIN: usize = 512;

impl Times {
    /// Finds the time in a line of this program or of the reference implementation.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
        const KEY: &[u8] = b"\"timestamp\":";
        let beginning = line.get(..WITHIN.min(line.len()))?;
        let at = memchr::memmem::find(beginning, KEY)? + KEY.len();
        let rest = beginning.get(at..)?.trim_ascii_start().strip_prefix(b"\"")?;
        let text = rest.get(..memchr::memchr(b'"', rest)?)?;
        let timestamp = DateTime::parse_from_rfc3339(std::str::from_utf8(text).ok()?).ok()?;
        Some(Self { timestamp: timestamp.to_utc() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_line_is_found_without_parsing_it() {
        let time: DateTime<Utc> = "2026-01-15T10:30:45.5Z".parse().unwrap();
        for line in [
            r#"{"schema_name":"s","timestamp":"2026-01-15T10:30:45.5Z","x":1}"#,
            r#"{"schema_name": "s", "timestamp": "2026-01-15T12:30:45.500000+02:00"}"#,
        ] {
            assert_eq!(Times::of(line.as_bytes()).unwrap().timestamp, time);
        }
        assert!(Times::of(b"{}").is_none() && Times::of(b"{\"timestamp\":5}").is_none());
    }

    #[test]
    fn records_of_the_reference_are_read() {
        let line = r#"{"record_id": "a", "timestamp": "2026-01-15T10:30:45.123456Z", "operation_type": "tool",
            "operation_name": "t", "operation_status": "success", "duration_ms": 1, "caller_type": "stdio",
            "input_data": {}, "output_data": null, "business_context": {}, "prev_hash": null}"#;
        let record: Record = serde_json::from_str(line).unwrap();
        assert_eq!((record.operation_name.as_str(), record.output_bytes), ("t", None));
    }
}
