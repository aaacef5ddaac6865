//! Definitions as YAML.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

/// In one line, without the braces around it: `type: integer, minimum: 0`.
pub(super) fn flow(map: &Map<String, Json>) -> String {
    let entries: Vec<String> =
        map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow_value(value))).collect();
    entries.join(", ")
}

fn flow_value(value: &Json) -> String {
    match value {
        Json::Object(map) => format!("{{{}}}", flow(map)),
        Json::Array(items) => format!("[{}]", items.iter().map(flow_value).collect::<Vec<_>>().join(", ")),
        Json::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// Line by line, each indented by `indent` blanks.
pub(super) fn block(map: &Map<String, Json>, indent: usize, text: &mut String) {
    for (key, value) in map {
        let blanks = " ".repeat(indent);
        // A string takes whatever is written to it.
        let _ = match value {
            Json::Object(inner) if !inner.is_empty() => {
                let _ = writeln!(text, "{blanks}{}:", scalar(key));
                block(inner, indent + 2, text);
                Ok(())
            }
            other => writeln!(text, "{blanks}{}: {}", scalar(key), flow_value(other)),
        };
    }
}

/// A text as a YAML scalar: bare where that can't be taken for something else.
pub(super) fn scalar(text: &str) -> String {
    const TAKEN: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];
    let mut bytes = text.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let plain = bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if starts && plain && !TAKEN.contains(&text.to_ascii_lowercase().as_str()) {
        text.to_owned()
    } else {
        // Every JSON string is one of YAML.
        Json::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bare_only_where_they_stay_texts() {
        for (text, written) in [
            ("one-two", "one-two"),
            ("no", "\"no\""),
            ("Null", "\"Null\""),
            ("1st", "\"1st\""),
            ("a: b", "\"a: b\""),
            ("", "\"\""),
            ("it's", "\"it's\""),
            ("a\nb", "\"a\\nb\""),
        ] {
            assert_eq!(scalar(text), written);
        }
    }
}
