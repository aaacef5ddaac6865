//! Records as events of the Open Cybersecurity Schema Framework, version 1.3.

use serde_json::{Value as Json, json};

use crate::record::Record;

/// Application activity, API activity.
const API_ACTIVITY: u64 = 6003;
/// Identity and access management, authentication.
const AUTHENTICATION: u64 = 3002;
/// Of both classes: `Other`, which says what it is in words. What a tool does to its data, nobody but its author knows.
const OTHER: u64 = 99;
/// Of API activity: `Read`.
const READ: u64 = 2;
/// Of authentication: `Logon`.
const LOGON: u64 = 1;

/// A record as an OCSF event: API Activity, or Authentication where somebody proved, or failed to prove, who they are.
#[must_use]
pub fn ocsf(record: &Record) -> Json {
    let failed = record.operation_status == "error";
    let denied = record.policy_decision.as_deref() == Some("deny");
    let (class, category, activity) = match record.operation_type.as_str() {
        "authentication" => (AUTHENTICATION, 3, LOGON),
        "resource" | "prompt" => (API_ACTIVITY, 6, READ),
        _ => (API_ACTIVITY, 6, OTHER),
    };
    let mut event = json!({
        "activity_id": activity,
        "category_uid": category,
        "class_uid": class,
        "type_uid": class * 100 + activity,
        "time": record.timestamp.timestamp_millis(),
        "severity_id": if denied || class == AUTHENTICATION && failed { 3 } else { 1 },
        "status_id": if failed { 2 } else { 1 },
        "status": if failed { "Failure" } else { "Success" },
        "duration": record.duration_ms,
        "metadata": {
            "version": "1.3.0",
            "uid": record.record_id,
            "product": { "name": "mxcp", "vendor_name": "mxcp" },
            "profiles": ["security_control"],
        },
        "action_id": if denied { 2 } else { 1 },
        "disposition_id": if denied { 2 } else { 1 },
        "unmapped": {
            "operation_type": record.operation_type,
            "caller_type": record.caller_type,
            "input_data": record.input_data,
            "output_data": record.output_data,
            "policy_decision": record.policy_decision,
            "policy_reason": record.policy_reason,
            "policies_evaluated": record.policies_evaluated,
            "business_context": record.business_context,
            "execution_events": record.execution_events,
            "definition_digest": record.definition_digest,
            "policy_digest": record.policy_digest,
            "input_tokens": record.input_tokens,
            "output_tokens": record.output_tokens,
            "output_bytes": record.output_bytes,
            "record_hash": record.record_hash,
        },
    });
    let mut set = |key: &str, value: Json| {
        if let Some(event) = event.as_object_mut() {
            event.insert(key.to_owned(), value);
        }
    };
    let user = json!({ "uid": record.user_id.as_deref().unwrap_or("unknown") });
    let session = record.session_id.as_ref().map(|session| json!({ "uid": session }));
    if activity == OTHER {
        set("activity_name", json!(record.operation_type));
    }
    if let Some(error) = &record.error {
        set("status_detail", json!(error));
    }
    if let Some(trace) = &record.trace_id {
        set(
            "observables",
            json!([{ "name": "unmapped.trace_id", "type_id": OTHER, "type": "Other", "value": trace }]),
        );
    }
    if class == AUTHENTICATION {
        set("user", user);
        set("service", json!({ "name": "mxcp" }));
        set("message", json!(record.operation_name));
        if let Some(session) = session {
            set("session", session);
        }
        return event;
    }
    let mut actor = json!({ "user": user });
    if let (Some(actor), Some(session)) = (actor.as_object_mut(), session) {
        actor.insert("session".to_owned(), session);
    }
    set("actor", actor);
    let request = record.request_id.as_ref().map(|id| json!({ "uid": id }));
    let mut api = json!({ "operation": record.operation_name, "service": { "name": "mxcp" } });
    if let (Some(api), Some(request)) = (api.as_object_mut(), request) {
        api.insert("request".to_owned(), request);
    }
    set("api", api);
    set("src_endpoint", json!({ "name": record.caller_type }));
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(operation: &str, more: &str) -> Json {
        let record = format!(
            r#"{{"record_id": "a", "timestamp": "2026-01-15T10:30:45.123456Z", "operation_type": "{operation}",
                "operation_name": "t", {more}, "duration_ms": 1, "caller_type": "http", "user_id": "ann"}}"#
        );
        ocsf(&serde_json::from_str(&record).unwrap())
    }

    #[test]
    fn a_call_is_activity_of_an_api() {
        let event = event("tool", r#""operation_status": "error", "error": "no", "policy_decision": "deny""#);
        assert_eq!((&event["class_uid"], &event["type_uid"]), (&json!(6003), &json!(600_399)));
        assert_eq!(event["time"], 1_768_473_045_123_i64);
        assert_eq!((&event["status_id"], &event["status_detail"]), (&json!(2), &json!("no")));
        assert_eq!(
            (&event["actor"]["user"]["uid"], &event["api"]["operation"]),
            (&json!("ann"), &json!("t"))
        );
        assert_eq!((&event["action_id"], &event["severity_id"]), (&json!(2), &json!(3)));
    }

    #[test]
    fn a_login_is_authentication() {
        let event = event("authentication", r#""operation_status": "success""#);
        assert_eq!((&event["class_uid"], &event["type_uid"]), (&json!(3002), &json!(300_201)));
        assert_eq!(event["user"]["uid"], "ann");
        assert!(event.get("actor").is_none());
    }
}
