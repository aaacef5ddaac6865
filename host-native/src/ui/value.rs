//! Results as people read them.

use std::io::{self, Write};

use mxcp_core::value::Value;

use super::{printable, table};

/// Writes a result: a list of like objects as a table, other lists one value per line, an object as indented
/// JSON, anything else on one line.
pub(super) fn write(out: &mut impl Write, value: &Value) -> io::Result<()> {
    match value {
        Value::Array(items) if items.is_empty() => writeln!(out, "No results"),
        Value::Array(items) => match table::rows(items) {
            Some(rows) => {
                let plural = if rows.len() == 1 { "row" } else { "rows" };
                writeln!(out, "Results ({} {plural}):", rows.len())?;
                table::write(out, &rows)
            }
            None => {
                writeln!(out, "Results ({} items):", items.len())?;
                items.iter().try_for_each(|item| writeln!(out, "{}", printable(&one_line(item))))
            }
        },
        Value::Object(_) => {
            writeln!(out, "Result:")?;
            writeln!(out, "{}", printable(&serde_json::to_string_pretty(value)?))
        }
        scalar => {
            writeln!(out, "Result:")?;
            writeln!(out, "{}", printable(&one_line(scalar)))
        }
    }
}

/// Writes the messages of a prompt in full: a table would cut them.
pub(super) fn write_messages(out: &mut impl Write, messages: &Value) -> io::Result<()> {
    let Value::Array(messages) = messages else { return write(out, messages) };
    for (index, message) in messages.iter().enumerate() {
        let text = |key: &str| message.as_object().and_then(|message| message.get(key)?.as_str());
        let kind = text("type").map_or(String::new(), |kind| format!(", {kind}"));
        let gap = if index == 0 { "" } else { "\n" };
        writeln!(out, "{gap}[{}{}]", printable(text("role").unwrap_or("user")), printable(&kind))?;
        writeln!(out, "{}", printable(text("prompt").unwrap_or_default()))?;
    }
    Ok(())
}

/// A text as it is, anything else as JSON.
pub(super) fn one_line(value: &Value) -> String {
    value.text_form().unwrap_or_else(|| value.to_json_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> String {
        let mut out = Vec::new();
        write(&mut out, &Value::parse_json(json).unwrap()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn scalars_follow_a_heading() {
        assert_eq!(written(r#""Hello""#), "Result:\nHello\n");
        assert_eq!(written("null"), "Result:\nnull\n");
    }

    #[test]
    fn mixed_lists_have_one_value_per_line() {
        assert_eq!(written(r#"[1, "a", {"b": [2]}]"#), "Results (3 items):\n1\na\n{\"b\":[2]}\n");
        assert_eq!(written("[]"), "No results\n");
    }

    #[test]
    fn messages_are_told_in_full_with_who_speaks() {
        let text = "x".repeat(60);
        let messages = format!(
            r#"[{{"prompt": "{text}", "role": null, "type": null}},
            {{"prompt": "a://b", "role": "assistant", "type": "resource"}}]"#
        );
        let mut out = Vec::new();
        write_messages(&mut out, &Value::parse_json(&messages).unwrap()).unwrap();
        let expected = format!("[user]\n{text}\n\n[assistant, resource]\na://b\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn objects_are_indented_json() {
        assert_eq!(written(r#"{"a": "é"}"#), "Result:\n{\n  \"a\": \"é\"\n}\n");
    }
}
