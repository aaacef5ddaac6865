//! A record as it is written: one line of JSON, its keys in the order of the specification.

use std::mem;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use mxcp_core::audit::{AuditRecord, PolicyDecision, Status};
use mxcp_core::call::Caller;
use mxcp_core::value::Value;
use mxcp_runtime::ports::{AuditEvent, CallFacts, EventKind};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::schema::{NAME, Schema, VERSION};

/// What is to be recorded.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A call.
    Call(Box<AuditRecord>, CallFacts),
    /// Something beside calls, and what else there is to say of it.
    Event(Box<AuditEvent>, Value),
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    schema_name: &'a str,
    schema_version: u32,
    record_id: String,
    #[serde(serialize_with = "as_time")]
    timestamp: DateTime<Utc>,
    operation_type: &'a str,
    operation_name: &'a str,
    operation_status: Status,
    duration_ms: u64,
    caller_type: &'a str,
    user_id: Option<&'a str>,
    session_id: Option<&'a str>,
    trace_id: Option<&'a str>,
    input_data: &'a Value,
    output_data: Option<&'a Value>,
    error: Option<&'a str>,
    policies_evaluated: &'a [String],
    policy_decision: Option<PolicyDecision>,
    policy_reason: Option<&'a str>,
    business_context: Context<'a>,
    execution_events: &'a [Value],
    request_id: Option<&'a str>,
    definition_digest: Option<&'a str>,
    policy_digest: Option<&'a str>,
    policy_errors: &'a [String],
    input_tokens: u64,
    output_tokens: u64,
    output_bytes: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    from_cache: bool,
}

impl Entry {
    /// The entry of an event.
    pub(crate) fn of(mut event: AuditEvent) -> Self {
        let details = Value::Object(mem::take(&mut event.details));
        Entry::Event(Box::new(event), details)
    }

    /// About how many bytes its line will have.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Entry::Call(record, _) => record.input_size.bytes + record.output_size.bytes + 1024,
            Entry::Event(..) => 1024,
        }
    }

    /// Appends its line to `text`, without the closing brace.
    pub(crate) fn write(mut self, id: String, now: DateTime<Utc>, schema: &Schema, text: &mut Vec<u8>) {
        self.redact(schema);
        let mut line = self.line(id, now);
        line.business_context = line.extracted(schema);
        let start = text.len();
        // Texts, numbers and values without NaN always have a JSON form, and memory takes it.
        if serde_json::to_writer(&mut *text, &line).is_err() {
            text.truncate(start);
            text.extend_from_slice(b"{}");
        }
        text.pop();
    }

    fn redact(&mut self, schema: &Schema) {
        let (input, output) = match self {
            Entry::Call(record, _) => (&mut record.input_data, record.output_data.as_mut()),
            Entry::Event(_, details) => (details, None),
        };
        for value in std::iter::once(input).chain(output) {
            if let Value::Object(object) = value {
                schema.field_redactions.iter().for_each(|redaction| redaction.apply(object));
            }
        }
    }

    fn line(&self, id: String, now: DateTime<Utc>) -> Line<'_> {
        let empty = Line {
            schema_name: NAME,
            schema_version: VERSION,
            record_id: id,
            timestamp: now,
            operation_type: "",
            operation_name: "",
            operation_status: Status::Success,
            duration_ms: 0,
            caller_type: "",
            user_id: None,
            session_id: None,
            trace_id: None,
            input_data: &Value::Null,
            output_data: None,
            error: None,
            policies_evaluated: &[],
            policy_decision: None,
            policy_reason: None,
            business_context: Context::default(),
            execution_events: &[],
            request_id: None,
            definition_digest: None,
            policy_digest: None,
            policy_errors: &[],
            input_tokens: 0,
            output_tokens: 0,
            output_bytes: 0,
            from_cache: false,
        };
        match self {
            Entry::Call(record, facts) => Line {
                operation_type: record.operation_type.as_str(),
                operation_name: &record.operation_name,
                operation_status: record.operation_status,
                duration_ms: milliseconds(facts.duration),
                caller_type: caller(record.caller_type),
                user_id: record.user_id.as_deref(),
                session_id: record.session_id.as_deref(),
                trace_id: record.trace_id.as_deref(),
                input_data: &record.input_data,
                output_data: record.output_data.as_ref(),
                error: record.error.as_deref(),
                policies_evaluated: &record.policies_evaluated,
                policy_decision: record.policy_decision,
                policy_reason: record.policy_reason.as_deref(),
                execution_events: &facts.events,
                request_id: Some(&record.request_id),
                definition_digest: record.definition_digest.as_deref(),
                policy_digest: record.policy_digest.as_deref(),
                policy_errors: &record.policy_errors,
                input_tokens: record.input_size.tokens,
                output_tokens: record.output_size.tokens,
                output_bytes: record.output_size.bytes,
                from_cache: facts.recalled,
                ..empty
            },
            Entry::Event(event, details) => Line {
                operation_type: match event.kind {
                    EventKind::Authentication => "authentication",
                    EventKind::Admin => "admin",
                    EventKind::Server => "server",
                },
                operation_name: &event.name,
                operation_status: event.status,
                caller_type: match event.kind {
                    EventKind::Authentication => "http",
                    EventKind::Admin => "api",
                    EventKind::Server => "system",
                },
                user_id: event.user_id.as_deref(),
                input_data: details,
                error: event.error.as_deref(),
                ..empty
            },
        }
    }
}

/// What the schema extracts, in its order.
#[derive(Debug, Default)]
struct Context<'a>(Vec<(&'a str, Part<'a>)>);

/// A value that the context repeats.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Part<'a> {
    Text(&'a str),
    Number(u64),
    Argument(&'a Value),
}

impl Serialize for Context<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, part) in &self.0 {
            map.serialize_entry(key, part)?;
        }
        map.end()
    }
}

impl<'a> Line<'a> {
    /// The keys that the schema asks for, where they have a value. An argument goes before a key of the record.
    fn extracted(&self, schema: &'a Schema) -> Context<'a> {
        let mut extracted = Context(Vec::with_capacity(schema.extract_fields.len()));
        for key in &schema.extract_fields {
            let argument = self.input_data.as_object().and_then(|arguments| arguments.get(key));
            let text = match key.as_str() {
                "operation_type" => Some(self.operation_type),
                "operation_name" => Some(self.operation_name),
                "operation_status" => Some(status(self.operation_status)),
                "policy_decision" => self.policy_decision.map(decision),
                "policy_reason" => self.policy_reason,
                "caller_type" => Some(self.caller_type),
                "user_id" => self.user_id,
                "session_id" => self.session_id,
                "trace_id" => self.trace_id,
                "request_id" => self.request_id,
                "error" => self.error,
                _ => None,
            };
            let part = match (argument, key.as_str()) {
                (Some(argument), _) => Some(Part::Argument(argument)).filter(|_| !argument.is_null()),
                (None, "duration_ms") => Some(Part::Number(self.duration_ms)),
                (None, _) => text.map(Part::Text),
            };
            if let Some(part) = part
                && extracted.0.iter().all(|(present, _)| present != key)
            {
                extracted.0.push((key, part));
            }
        }
        extracted
    }
}

fn as_time<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Success => "success",
        Status::Error => "error",
    }
}

fn decision(decision: PolicyDecision) -> &'static str {
    match decision {
        PolicyDecision::Allow => "allow",
        PolicyDecision::Warn => "warn",
        PolicyDecision::Ask => "ask",
        PolicyDecision::Deny => "deny",
    }
}

fn caller(caller: Caller) -> &'static str {
    match caller {
        Caller::Cli => "cli",
        Caller::Stdio => "stdio",
        Caller::Http => "http",
        Caller::Test => "test",
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Ids;
    use crate::testing::{call, schema};

    fn written(entry: Entry, schema: &Schema) -> String {
        let mut text = Vec::new();
        let time = "2026-01-15T10:30:45.123456Z".parse().unwrap();
        entry.write(Ids::default().next(), time, schema, &mut text);
        String::from_utf8(text).unwrap() + "}"
    }

    fn json(entry: Entry, schema: &Schema) -> serde_json::Value {
        serde_json::from_str(&written(entry, schema)).unwrap()
    }

    #[test]
    fn keys_come_in_the_order_of_the_specification() {
        let record = json(call("get_user"), &schema("{}"));
        let keys: Vec<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
        let first = "schema_name schema_version record_id timestamp operation_type operation_name operation_status \
             duration_ms caller_type user_id session_id trace_id input_data output_data error policies_evaluated \
             policy_decision policy_reason business_context execution_events";
        assert_eq!(keys[..20], first.split_whitespace().collect::<Vec<_>>()[..]);
        assert_eq!(record["timestamp"], "2026-01-15T10:30:45.123456Z");
        assert_eq!(record["duration_ms"], 42);
        assert_eq!(record["output_data"], serde_json::json!({"u": "ann"}));
    }

    #[test]
    fn the_context_repeats_what_the_schema_asks_for_and_arguments_go_first() {
        let schema = schema(
            r#"{"extract_fields": ["operation_name", "policy_decision", "user", "caller_type", "nothing"]}"#,
        );
        let Entry::Call(mut record, facts) = call("t") else { panic!("no call") };
        record.input_data = Value::parse_json(r#"{"user": "ann", "caller_type": 5}"#).unwrap();
        let context = json(Entry::Call(record, facts), &schema)["business_context"].clone();
        assert_eq!(context, serde_json::json!({"operation_name": "t", "user": "ann", "caller_type": 5}));
    }

    #[test]
    fn arguments_and_results_are_redacted_before_anything_repeats_them() {
        let schema = schema(
            r#"{"extract_fields": ["user"], "field_redactions": [
                {"field_path": "user", "strategy": "full"}, {"field_path": "u", "strategy": "partial"}]}"#,
        );
        let text = written(call("t"), &schema);
        assert!(
            text.contains(r#""input_data":{"user":"[REDACTED]","n":1},"output_data":{"u":"[REDACTED]"}"#),
            "{text}"
        );
        assert!(
            text.contains(r#""business_context":{"user":"[REDACTED]"}"#) && !text.contains("ann"),
            "{text}"
        );
    }

    #[test]
    fn a_record_says_that_its_result_is_that_of_another_call() {
        let Entry::Call(record, facts) = call("t") else { panic!("no call") };
        assert!(json(Entry::Call(record.clone(), facts.clone()), &schema("{}")).get("from_cache").is_none());
        let recalled = CallFacts { recalled: true, ..facts };
        assert_eq!(json(Entry::Call(record, recalled), &schema("{}"))["from_cache"], true);
    }

    #[test]
    fn an_event_is_a_record_too() {
        let event = AuditEvent {
            kind: EventKind::Authentication,
            name: "token_refused".to_owned(),
            status: Status::Error,
            user_id: None,
            error: Some("expired".to_owned()),
            details: [("address", Value::string("::1"))].into_iter().collect(),
        };
        let record = json(Entry::of(event), &schema("{}"));
        assert_eq!(record["operation_type"], "authentication");
        assert_eq!(record["input_data"], serde_json::json!({"address": "::1"}));
        assert_eq!((&record["operation_status"], &record["caller_type"]), (&"error".into(), &"http".into()));
    }
}
