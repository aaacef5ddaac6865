//! What of a snapshot is the same as long as the project is.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::Snapshot;

impl Snapshot {
    /// The snapshot without times, as a text that is the same whenever nothing else has changed: JSON in ASCII with sorted
    /// keys. A host hashes it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(snapshot) = value.as_object_mut() {
            snapshot.shift_remove("generated_at");
        }
        let resources = value.get_mut("resources").and_then(Json::as_array_mut);
        for resource in resources.into_iter().flatten() {
            let tests = resource.pointer_mut("/test_results/tests").and_then(Json::as_array_mut);
            for test in tests.into_iter().flatten().filter_map(Json::as_object_mut) {
                test.shift_remove("time");
            }
        }
        let mut text = String::new();
        write(&value, &mut text);
        text
    }
}

/// A JSON value as a text, the same for values that are equal.
pub(super) fn write(value: &Json, text: &mut String) {
    match value {
        Json::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                quote(key, text);
                text.push_str(": ");
                write(value, text);
            }
            text.push('}');
        }
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write(item, text);
            }
            text.push(']');
        }
        Json::String(string) => quote(string, text),
        other => text.push_str(&other.to_string()),
    }
}

fn quote(string: &str, text: &mut String) {
    for character in Json::from(string).to_string().chars() {
        if character.is_ascii() {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // A string takes whatever is written to it.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
}
