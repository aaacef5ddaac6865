//! What a call is, in 32 bytes.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

/// The first element of what is hashed, so that nothing else is taken for a call.
const DOMAIN: &str = "mxcp-call-1";

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// A tool, by name.
    Tool,
    /// A resource, by URI.
    Resource,
    /// A prompt, by name.
    Prompt,
}

/// Tells calls apart: SHA-256 over kind, name and arguments.
///
/// What is hashed is the UTF-8 text of the JSON array `["mxcp-call-1",METHOD,NAME,ARGUMENTS]` in canonical form: no white
/// space; keys of objects in the order of their UTF-8 bytes; of keys that are written twice the last one; texts with `"` and
/// `\` escaped, the characters below U+0020 as `\b`, `\t`, `\n`, `\f`, `\r` or `\u00xx` in lower case and all others as
/// they are; numbers with the digits of the request, an exponent as `e+` or `e-` and its digits. `METHOD` is the method of MCP (`tools/call`, `resources/read`,
/// `prompts/get`), `NAME` a name or URI, and arguments that are absent are `{}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallDigest([u8; 32]);

impl CallKind {
    /// The kind that a method of MCP calls.
    #[must_use]
    pub fn of_method(method: &str) -> Option<Self> {
        [Self::Tool, Self::Resource, Self::Prompt].into_iter().find(|kind| kind.method() == method)
    }

    /// The method of MCP that calls it.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            Self::Tool => "tools/call",
            Self::Resource => "resources/read",
            Self::Prompt => "prompts/get",
        }
    }
}

impl CallDigest {
    /// The digest of a call.
    #[must_use]
    pub fn of(kind: CallKind, name: &str, arguments: &Map<String, Json>) -> Self {
        let mut text = String::from("[");
        write_text(&mut text, DOMAIN);
        text.push(',');
        write_text(&mut text, kind.method());
        text.push(',');
        write_text(&mut text, name);
        text.push(',');
        write_object(&mut text, arguments);
        text.push(']');
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The digest of the call that a JSON-RPC request of MCP makes; none if it makes none.
    #[must_use]
    pub fn of_request(request: &Json) -> Option<Self> {
        let kind = CallKind::of_method(request.get("method")?.as_str()?)?;
        let params = request.get("params")?;
        let name = params.get(if kind == CallKind::Resource { "uri" } else { "name" })?.as_str()?;
        match params.get("arguments") {
            None => Some(Self::of(kind, name, &Map::new())),
            Some(Json::Object(arguments)) => Some(Self::of(kind, name, arguments)),
            Some(_) => None,
        }
    }

    /// Its 64 digits in base 16, lower case.
    #[must_use]
    pub fn to_hex(self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a text can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

fn write(text: &mut String, json: &Json) {
    match json {
        Json::Null => text.push_str("null"),
        Json::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => text.push_str(&number.to_string()),
        Json::String(string) => write_text(text, string),
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(text, item);
            }
            text.push(']');
        }
        Json::Object(object) => write_object(text, object),
    }
}

fn write_object(text: &mut String, object: &Map<String, Json>) {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_by_key(|(key, _)| key.as_str());
    text.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_text(text, key);
        text.push(':');
        write(text, value);
    }
    text.push('}');
}

/// The library's escapes are those of the canonical form.
fn write_text(text: &mut String, string: &str) {
    text.push_str(&Json::from(string).to_string());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn digest(request: &str) -> Option<String> {
        CallDigest::of_request(&serde_json::from_str(request).unwrap()).map(CallDigest::to_hex)
    }

    #[test]
    fn the_canonical_form_is_the_one_that_is_written_down() {
        let mut text = String::new();
        let json: Result<Json, _> = serde_json::from_str(
            r#"{"b": [1.50, 1E2, 1e-2, -0, "é\u001F\u0008\/\"\\"], "a": {"z": null, "Z": true}}"#,
        );
        write(&mut text, &json.unwrap());
        assert_eq!(
            text,
            "{\"a\":{\"Z\":true,\"z\":null},\"b\":[1.50,1e+2,1e-2,-0,\"é\\u001f\\b/\\\"\\\\\"]}"
        );
        // What `printf '["mxcp-call-1","tools/call","t",{"a":1}]' | sha256sum` gives.
        let known = CallDigest::of(CallKind::Tool, "t", json!({ "a": 1 }).as_object().unwrap());
        assert_eq!(known.to_hex(), KNOWN);
    }

    const KNOWN: &str = "bf02a2b2003f34cb7842a9d338e9167930f6d9e3425f951d619279a3d3fc6ff7";

    #[test]
    fn the_order_of_keys_and_space_do_not_count() {
        let one = r#"{"method":"tools/call","params":{"name":"t","arguments":{"a":1,"b":[{"c":2,"d":3}]}}}"#;
        let other = r#"{"params":{"arguments":{"b":[{"d":3, "c":2}], "a": 1},"name":"t","_meta":{}},"method":"tools/call"}"#;
        assert_eq!(digest(one), digest(other));
    }

    #[test]
    fn all_else_counts() {
        let calls = [
            r#"{"method":"tools/call","params":{"name":"t"}}"#,
            r#"{"method":"prompts/get","params":{"name":"t"}}"#,
            r#"{"method":"resources/read","params":{"uri":"t"}}"#,
            r#"{"method":"tools/call","params":{"name":"u"}}"#,
            r#"{"method":"tools/call","params":{"name":"t","arguments":{"a":1}}}"#,
            r#"{"method":"tools/call","params":{"name":"t","arguments":{"a":"1"}}}"#,
            r#"{"method":"tools/call","params":{"name":"t","arguments":{"a":1.0}}}"#,
            r#"{"method":"tools/call","params":{"name":"t","arguments":{"a":[1,2]}}}"#,
            r#"{"method":"tools/call","params":{"name":"t","arguments":{"a":[2,1]}}}"#,
        ];
        let digests: std::collections::BTreeSet<_> = calls.iter().map(|call| digest(call).unwrap()).collect();
        assert_eq!(digests.len(), calls.len());
    }

    #[test]
    fn what_calls_nothing_has_no_digest() {
        for request in [
            r#"{"method":"tools/list","params":{"name":"t"}}"#,
            r#"{"method":"tools/call","params":{"uri":"t"}}"#,
            r#"{"method":"tools/call","params":{"name":"t","arguments":[1]}}"#,
            r#"[{"method":"tools/call","params":{"name":"t"}}]"#,
            "1",
        ] {
            assert_eq!(digest(request), None, "{request}");
        }
    }
}
