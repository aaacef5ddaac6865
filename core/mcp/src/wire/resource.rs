//! Resources as MCP has them.

use mxcp_core::call::CallError;
use mxcp_core::registry::{ResourceDescription, Success};
use mxcp_core::value::Value;
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use super::{argument_lines, retry_after};

/// A resource without placeholders as `resources/list` shows it.
pub fn resource(description: &ResourceDescription) -> Resource {
    Resource::new(description.uri.clone(), description.name.clone())
        .with_description(description.description.clone())
        .with_mime_type(description.mime_type.clone())
}

/// A resource with placeholders as `resources/templates/list` shows it.
pub fn template(description: &ResourceDescription) -> ResourceTemplate {
    ResourceTemplate::new(description.uri.clone(), description.name.clone())
        .with_description(description.description.clone())
        .with_mime_type(description.mime_type.clone())
}

/// What a resource holds: a text as it is, bytes in base64, everything else as JSON.
pub fn contents(uri: &str, declared: Option<&str>, success: &Success, binary: bool) -> ResourceContents {
    if let (true, Value::String(base64)) = (binary, &success.value) {
        let contents = ResourceContents::blob(base64.clone(), uri);
        return contents.with_mime_type(declared.unwrap_or("application/octet-stream"));
    }
    let (text, derived) = match &success.value {
        Value::String(text) => (text.clone(), if is_json(text) { "application/json" } else { "text/plain" }),
        // Keys are texts and floats are finite, so serialising can't fail.
        other => (serde_json::to_string_pretty(other).unwrap_or_default(), "application/json"),
    };
    ResourceContents::text(text, uri).with_mime_type(declared.unwrap_or(derived))
}

/// Whether a text is a JSON object or list: a plain word or number is a text.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && Value::parse_json(text).is_ok()
}

/// The error for a URI that no resource has. Until 2026-07-28 it had a code of its own.
pub fn unknown_resource(uri: &str, modern: bool) -> ErrorData {
    let code = if modern { ErrorCode::INVALID_PARAMS } else { ErrorCode::RESOURCE_NOT_FOUND };
    ErrorData::new(code, format!("Unknown resource: {uri}"), Some(json!({ "uri": uri })))
}

/// The error for a resource that can't be read.
pub fn read_failure(uri: &str, error: &CallError) -> ErrorData {
    match error {
        CallError::InvalidArguments(errors) => {
            let message = format!("Error reading resource {uri}: {}", argument_lines(errors));
            ErrorData::invalid_params(message, Some(json!({ "uri": uri })))
        }
        other => {
            let data = retry_after(other).map(Into::into);
            ErrorData::internal_error(format!("Error reading resource {uri}: {other}"), data)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value, declared: Option<&str>, binary: bool) -> serde_json::Value {
        serde_json::to_value(contents(
            "u://x",
            declared,
            &Success { value, typed: true, content: None, part: None },
            binary,
        ))
        .unwrap()
    }

    #[test]
    fn texts_are_bare_and_everything_else_is_indented_json() {
        assert_eq!(
            read(Value::string("a\"b"), None, false),
            json!({"uri": "u://x", "mimeType": "text/plain", "text": "a\"b"})
        );
        let rows = Value::from_json(json!([{"a": 1.5}]));
        let text = "[\n  {\n    \"a\": 1.5\n  }\n]";
        assert_eq!(
            read(rows, None, false),
            json!({"uri": "u://x", "mimeType": "application/json", "text": text})
        );
        assert_eq!(read(Value::Null, None, false)["text"], "null");
    }

    #[test]
    fn the_type_is_what_is_declared_or_what_the_text_is() {
        assert_eq!(read(Value::string("{\"a\": 1}"), None, false)["mimeType"], "application/json");
        assert_eq!(read(Value::string("{\"a\": 1}"), Some("text/x"), false)["mimeType"], "text/x");
        assert_eq!(read(Value::string("{a}"), None, false)["mimeType"], "text/plain");
        assert_eq!(read(Value::string("12"), None, false)["mimeType"], "text/plain");
    }

    #[test]
    fn bytes_are_a_blob() {
        assert_eq!(
            read(Value::string("AP8="), Some("image/png"), true),
            json!({"uri": "u://x", "mimeType": "image/png", "blob": "AP8="})
        );
        assert_eq!(read(Value::string("AP8="), None, true)["mimeType"], "application/octet-stream");
    }

    #[test]
    fn an_unknown_resource_has_the_code_of_its_era() {
        for (modern, code) in [(false, -32002), (true, -32602)] {
            let error = unknown_resource("u://x", modern);
            assert_eq!((error.code.0, error.data), (code, Some(json!({"uri": "u://x"}))));
        }
    }

    #[test]
    fn a_denied_read_keeps_its_reason() {
        let error = read_failure("u://x", &CallError::InputDenied { reason: "no".into() });
        assert_eq!(error.code.0, -32603);
        assert_eq!(error.message, "Error reading resource u://x: Policy enforcement failed: no");
    }
}
