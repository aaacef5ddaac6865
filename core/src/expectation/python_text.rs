//! The text that Python's `str` gives for a value that is no text.

use std::fmt::Write as _;

use crate::value::Value;

/// The text of a list, an object, a number, a boolean or null.
pub(crate) fn of(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Array(items) => {
            let items = items.iter().map(|item| move |out: &mut String| write(item, out));
            list('[', items, ']', out);
        }
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| {
                move |out: &mut String| {
                    quoted(key, out);
                    out.push_str(": ");
                    write(value, out);
                }
            });
            list('{', entries, '}', out);
        }
        other => match other.text_form() {
            Some(text) => quoted(&text, out),
            // Numbers read the same in both languages.
            None => out.push_str(&other.to_json_text()),
        },
    }
}

fn list(open: char, parts: impl Iterator<Item = impl FnOnce(&mut String)>, close: char, out: &mut String) {
    out.push(open);
    for (index, part) in parts.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        part(out);
    }
    out.push(close);
}

/// A text in single quotes, or in double ones if it has single ones and no double ones.
fn quoted(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            character if character == quote => {
                out.push('\\');
                out.push(character);
            }
            character if character.is_control() => {
                // A `String` takes everything.
                let _ = write!(out, "\\x{:02x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::value::Value;

    #[test]
    fn values_read_as_python_prints_them() {
        for (json, python) in [
            (r#"{"name": "A", "n": null}"#, "{'name': 'A', 'n': None}"),
            (r#"[true, 1, 1.5, "it's"]"#, "[True, 1, 1.5, \"it's\"]"),
            (r#"["a\nb\\", "'\""]"#, r#"['a\nb\\', '\'"']"#),
        ] {
            assert_eq!(of(&Value::parse_json(json).unwrap()), python);
        }
    }
}
