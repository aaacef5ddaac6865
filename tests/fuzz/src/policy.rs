//! Conditions: whatever is written, it is refused with a place or decides every call.

use std::sync::Arc;

use mxcp_core::call::Principal;
use mxcp_core::definition::Kind;
use mxcp_core::value::{Object, Value};

use crate::project;

/// Uses text as the condition of an input rule; if it is a condition, calls the tool.
pub fn decide_anything(bytes: &[u8]) {
    let Ok(condition) = std::str::from_utf8(bytes) else { return };
    // A JSON string is a YAML scalar too.
    let condition = serde_json::Value::from(condition);
    let definition = format!(
        "tool: {{name: t, parameters: [{{name: a, type: integer}}, {{name: s, type: string}}, \
         {{name: l, type: array}}], source: {{code: SELECT 1}}, policies: {{input: [{{condition: {condition}, \
         action: deny}}], output: [{{condition: {condition}, action: deny}}]}}}}"
    );
    let loaded = project::load(Kind::Tool, definition.as_bytes());
    if loaded.registry.get(Kind::Tool, "t").is_none() {
        assert!(loaded.files.iter().all(|file| file.first_error().is_some()), "refused without a reason");
        return;
    }
    for principal in [None, Some(user())] {
        // What it decides is its own affair; that it does is ours.
        let _decided = project::prepare(&loaded.registry, Kind::Tool, "t", arguments(), principal);
    }
}

fn arguments() -> Object {
    let Ok(Value::Object(arguments)) = Value::parse_json(r#"{"a": 5, "s": "text", "l": [1, "x", null]}"#)
    else {
        return Object::default();
    };
    arguments
}

fn user() -> Arc<Principal> {
    let profile =
        r#"{"username": "ada", "role": "admin", "teams": ["a", "b"], "age": 36, "deep": {"x": null}}"#;
    let profile = Value::parse_json(profile).unwrap_or(Value::Null);
    Arc::new(Principal::from_context(profile, "test").expect("an object with texts"))
}
