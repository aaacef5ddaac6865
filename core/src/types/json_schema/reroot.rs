//! A schema as a part of a larger one.

use serde_json::{Map, Value as Json};

use super::positions::{escaped, fragment, positions};
use crate::yaml::DocPath;

/// A copy of a schema that means the same at `place` (a JSON pointer) inside of another document: its
/// references begin there, and what speaks of the document as a whole, `$schema` and `$id`, is left out.
///
/// Clients that resolve references by pointer only are more common than those that know `$id`, so references
/// to anchors become pointers as well.
pub(in crate::types) fn rerooted(written: &Map<String, Json>, place: &str) -> Map<String, Json> {
    let root = Json::Object(written.clone());
    let all = positions(&root, &DocPath::root());
    let anchor = |name: &str| {
        let found = all.iter().find(|position| {
            ["$anchor", "$dynamicAnchor"]
                .iter()
                .any(|key| position.written.get(key).and_then(Json::as_str) == Some(name))
        });
        found.map(|position| position.pointer.clone())
    };
    let id = written.get("$id").and_then(Json::as_str);
    let target = |reference: &str| -> Option<String> {
        let fragment = fragment(reference, id)?;
        let pointer = if fragment.is_empty() || fragment.starts_with('/') {
            fragment.to_owned()
        } else {
            encoded(&anchor(fragment)?)
        };
        Some(format!("#{}{pointer}", encoded(place)))
    };
    let mut moved = root.clone();
    for position in &all {
        let Some(Json::Object(map)) = moved.pointer_mut(&position.pointer) else { continue };
        for key in ["$ref", "$dynamicRef"] {
            if let Some(target) = map.get(key).and_then(Json::as_str).and_then(target) {
                map.insert(key.to_owned(), target.into());
            }
        }
    }
    match moved {
        Json::Object(mut map) => {
            for key in ["$schema", "$id"] {
                map.shift_remove(key);
            }
            map
        }
        _ => Map::new(),
    }
}

/// A pointer as the fragment of a URI (RFC 3986 section 3.5).
fn encoded(pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// A pointer one key further in.
pub(in crate::types) fn within(place: &str, key: &str) -> String {
    format!("{place}/{}", escaped(key))
}
