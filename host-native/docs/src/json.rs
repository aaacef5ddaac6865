//! JSON for people: indented, its parts told apart.

use serde::Serialize;
use serde_json::Value as Json;

/// One level of nesting.
const INDENT: &str = "  ";

/// Most characters of a line with several values on it.
const WIDTH: usize = 72;

/// A stretch of JSON text of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Token {
    /// `key`, `text`, `number` or `word`; nothing for what stands between.
    kind: &'static str,
    text: String,
}

/// The text of a value on one line, as it stands within sentences.
pub(crate) fn line(value: &Json) -> String {
    inline(value)
}

/// The text of a value in tokens: on one line where it fits, else on several.
pub(crate) fn tokens(value: &Json) -> Vec<Token> {
    let mut text = String::new();
    write(&mut text, value, 0);
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '"' => {
                let end = end_of_string(rest);
                let is_key = rest.get(end..).is_some_and(|after| after.starts_with(':'));
                (if is_key { "key" } else { "text" }, end)
            }
            '-' | '0'..='9' => {
                ("number", length_while(rest, |it| it.is_ascii_alphanumeric() || "+-.".contains(it)))
            }
            'a'..='z' => ("word", length_while(rest, |it| it.is_ascii_lowercase())),
            _ => ("", first.len_utf8()),
        };
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match tokens.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(token),
            _ => tokens.push(Token { kind, text: token.to_owned() }),
        }
        rest = after;
    }
    tokens
}

/// Writes a value `depth` levels deep.
fn write(text: &mut String, value: &Json, depth: usize) {
    let inline = inline(value);
    let is_short = depth * INDENT.len() + inline.chars().count() <= WIDTH;
    let (open, close, entries): (_, _, Vec<(String, &Json)>) = match value {
        Json::Array(items) if !is_short => {
            ('[', ']', items.iter().map(|item| (String::new(), item)).collect())
        }
        Json::Object(entries) if !is_short => {
            let entry = |(key, value)| (format!("{}: ", Json::String(String::clone(key))), value);
            ('{', '}', entries.iter().map(entry).collect())
        }
        _ => return text.push_str(&inline),
    };
    text.push(open);
    for (index, (key, value)) in entries.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&INDENT.repeat(depth + 1));
        text.push_str(&key);
        write(text, value, depth + 1);
    }
    text.push('\n');
    text.push_str(&INDENT.repeat(depth));
    text.push(close);
}

/// A value on one line, with a space where people write one.
fn inline(value: &Json) -> String {
    match value {
        Json::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Json::Object(entries) => {
            let entry =
                |(key, value): (&String, &Json)| format!("{}: {}", Json::String(key.clone()), inline(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn length_while(text: &str, part: impl Fn(char) -> bool) -> usize {
    text.find(|character| !part(character)).unwrap_or(text.len())
}

/// Where the string that a text begins with ends.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, character)| {
        let ends = *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_are_the_text_in_parts() {
        let value = json!({ "a\\\"b": ["x: \"y\" \\", -1.5e3, true, null, {}], "é": "</script>" });
        let tokens = tokens(&value);
        let text: String = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), value, "{text}");
        let of = |kind| tokens.iter().filter(|token| token.kind == kind).count();
        assert_eq!((of("key"), of("text"), of("number"), of("word")), (2, 2, 1, 2));
    }

    #[test]
    fn what_fits_on_a_line_stands_on_one() {
        let said = |value| tokens(&value).iter().map(|token| token.text.as_str()).collect::<String>();
        assert_eq!(said(json!({ "a": [1, 2], "b": {} })), r#"{"a": [1, 2], "b": {}}"#);
        let long = "x".repeat(70);
        assert_eq!(
            said(json!({ "a": [long], "b": [1] })),
            format!("{{\n  \"a\": [\n    \"{long}\"\n  ],\n  \"b\": [1]\n}}")
        );
    }
}
