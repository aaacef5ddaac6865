//! A line of the audit log: of this program's, or of the reference implementation's.

use chrono::{DateTime, Utc};
use mxcp_core::call::{CallContext, Caller, Headers};
use mxcp_core::definition::Kind;
use mxcp_core::registry::{Ending, PastCall};
use mxcp_core::value::{Object, Value};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::callers::Callers;

/// What calls that were denied are recorded to have failed with.
const DENIED: &str = "Policy enforcement failed: ";
const RESULT_DENIED: &str = "Output policy enforcement failed: ";

/// The tools of mxcp's own, which have no rules.
const BUILT_IN: [&str; 3] = ["execute_sql_query", "list_tables", "get_table_schema"];

/// What a record says of a call.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    #[serde(default)]
    pub(super) record_id: Option<String>,
    pub(super) timestamp: DateTime<Utc>,
    pub(super) operation_type: Kind,
    pub(super) operation_name: String,
    #[serde(default)]
    operation_status: String,
    #[serde(default)]
    pub(super) user_id: Option<String>,
    #[serde(default)]
    input_data: Option<Map<String, Json>>,
    #[serde(default)]
    output_data: Json,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    policy_decision: Option<String>,
    #[serde(default)]
    policy_reason: Option<String>,
    #[serde(default)]
    policies_evaluated: Option<Vec<String>>,
}

impl Record {
    /// The record that a line holds; none if it is none of a call.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// Whether a line is the record of something that happened beside calls, as a login that failed.
    pub(super) fn is_event(line: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Event {
            operation_type: String,
        }
        let event = serde_json::from_slice::<Event>(line);
        event.is_ok_and(|it| matches!(it.operation_type.as_str(), "authentication" | "admin" | "server"))
    }

    /// The call, and the context to decide it in.
    pub(super) fn replay(&self, callers: &Callers) -> (PastCall, CallContext) {
        let principal = self.user_id.as_deref().and_then(|id| callers.get(id));
        let call = PastCall {
            kind: self.operation_type,
            name: self.operation_name.clone(),
            arguments: self.input_data.clone().map(Object::from_json).unwrap_or_default(),
            ending: self.ending(),
            // Without an id there was nobody, which is all there is to know.
            caller_known: self.user_id.is_none() || principal.is_some(),
        };
        let context = CallContext {
            request_id: self.record_id.clone().unwrap_or_default(),
            now: self.timestamp,
            caller: Caller::Http,
            principal,
            headers: Headers::none(),
            session_id: None,
            trace: None,
        };
        (call, context)
    }

    /// Whether it is of a tool of mxcp's own.
    pub(super) fn is_built_in(&self) -> bool {
        self.operation_type == Kind::Tool && BUILT_IN.contains(&self.operation_name.as_str())
    }

    /// What was decided, as records call it.
    pub(super) fn decision(&self) -> &'static str {
        match self.ending() {
            Ending::Allowed(_) => "allow",
            Ending::Changed(_) => "warn",
            Ending::InputDenied | Ending::OutputDenied => "deny",
            Ending::Failed => "error",
        }
    }

    /// The rule that denied, if the record has it: the last that was evaluated.
    pub(super) fn denying_rule(&self) -> Option<&str> {
        let last = self.policies_evaluated.as_ref()?.last()?;
        let (label, _) = last.split_once(": ")?;
        (self.decision() == "deny").then_some(label)
    }

    /// What the caller was told who was denied.
    pub(super) fn reason(&self) -> Option<&str> {
        if self.decision() != "deny" {
            return None;
        }
        let told = self.failure();
        let told = told.and_then(|text| text.strip_prefix(RESULT_DENIED).or(text.strip_prefix(DENIED)));
        self.policy_reason.as_deref().or(told)
    }

    /// The error, without what the reference puts before those of prompts.
    fn failure(&self) -> Option<&str> {
        let error = self.error.as_deref()?;
        let rendering = format!("Error rendering prompt {}: ", self.operation_name);
        Some(error.strip_prefix(&rendering).unwrap_or(error))
    }

    fn ending(&self) -> Ending {
        let failure = self.failure().unwrap_or_default();
        // The reference records no decision of those that it denies.
        if failure.starts_with(RESULT_DENIED) {
            return Ending::OutputDenied;
        }
        if failure.starts_with(DENIED) || self.policy_decision.as_deref() == Some("deny") {
            return Ending::InputDenied;
        }
        if self.operation_status == "error" {
            return Ending::Failed;
        }
        let output = Value::from_json(self.output_data.clone());
        match self.policy_decision.as_deref() {
            Some("warn") => Ending::Changed(output),
            _ => Ending::Allowed(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Record {
        let rest =
            r#""timestamp": "2026-01-15T10:30:45.123456Z", "operation_type": "tool", "operation_name": "t""#;
        Record::parse(format!("{{{json}, {rest}}}").as_bytes()).unwrap()
    }

    #[test]
    fn denials_of_both_implementations_are_recognised() {
        let ours = record(
            r#""operation_status": "error", "policy_decision": "deny", "policy_reason": "No", "error": "Policy enforcement failed: No", "policies_evaluated": ["input[0]: a", "input[1]: b"]"#,
        );
        assert_eq!(
            (ours.ending(), ours.denying_rule(), ours.reason()),
            (Ending::InputDenied, Some("input[1]"), Some("No"))
        );
        let theirs = record(
            r#""operation_status": "error", "policy_decision": null, "error": "Output policy enforcement failed: No""#,
        );
        assert_eq!(
            (theirs.ending(), theirs.denying_rule(), theirs.reason()),
            (Ending::OutputDenied, None, Some("No"))
        );
    }

    #[test]
    fn other_errors_are_no_denials() {
        let failed = record(
            r#""operation_status": "error", "error": "Failed to execute SQL: Policy enforcement failed: x""#,
        );
        assert_eq!((failed.ending(), failed.decision(), failed.reason()), (Ending::Failed, "error", None));
    }

    #[test]
    fn what_is_no_record_of_a_call_is_none() {
        for line in
            ["", "{}", "[1]", "{\"operation_type\":\"tool\"}", "{\"schema_name\":\"x\",\"version\":2}"]
        {
            assert!(Record::parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
