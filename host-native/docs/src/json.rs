//! JSON for people: indented, its parts told apart.

use serde::Serialize;
use serde_json::Value as Json;

/// A stretch of JSON text of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Token {
    /// `key`, `text`, `number` or `word`; nothing for what stands between.
    kind: &'static str,
    text: String,
}

/// The text of a value on one line, as it stands within sentences.
pub(crate) fn line(value: &Json) -> String {
    value.to_string()
}

/// The text of a value on several lines, in tokens.
pub(crate) fn tokens(value: &Json) -> Vec<Token> {
    // A tree of values with texts for keys always has a text.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '"' => {
                let end = end_of_string(rest);
                let is_key = rest.get(end..).is_some_and(|after| after.starts_with(':'));
                (if is_key { "key" } else { "text" }, end)
            }
            '-' | '0'..='9' => ("number", length_while(rest, |it| it.is_ascii_alphanumeric() || "+-.".contains(it))),
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
        assert_eq!(text, serde_json::to_string_pretty(&value).unwrap());
        let of = |kind| tokens.iter().filter(|token| token.kind == kind).count();
        assert_eq!((of("key"), of("text"), of("number"), of("word")), (2, 2, 1, 2));
    }
}
