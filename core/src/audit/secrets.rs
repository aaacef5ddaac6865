//! What sensitive arguments say, in the texts of errors that quote them.

use crate::types::{self, Parameters, REDACTED};
use crate::value::{Object, Value};

/// Characters of a beginning that is taken for a quotation, also if the rest was cut off. What is shorter has to stand there as
/// a whole; and by itself, if it is as short as a number in any message.
const BEGINNING: usize = 8;
const SHORT: usize = 4;

/// What the sensitive arguments of a call say.
#[derive(Debug, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Those of some arguments, converted or as they were sent.
    pub(crate) fn of(arguments: &Object, parameters: &Parameters) -> Self {
        let mut secrets = Self::default();
        for (name, value) in arguments.iter() {
            if let Some(parameter) = parameters.get(name) {
                types::each_sensitive(value, &parameter.ty, &mut |value| secrets.add(value));
            }
        }
        secrets
    }

    /// A text without them, however it quotes them.
    pub(crate) fn redact(&self, text: String) -> String {
        if self.0.is_empty() {
            return text;
        }
        let (mut left, mut before, mut hidden_until) = (String::new(), None, 0);
        for (at, character) in text.char_indices() {
            let rest = text.get(at..).unwrap_or_default();
            // Quotations may overlap, as a mark of quotation may be the beginning of a secret as well.
            let quoted = self.0.iter().filter_map(|secret| quoted(secret, before, rest)).max();
            if let Some(quoted) = quoted {
                if at >= hidden_until {
                    left.push_str(REDACTED);
                }
                hidden_until = hidden_until.max(at + quoted);
            }
            if at >= hidden_until {
                left.push(character);
            }
            before = Some(character);
        }
        left
    }

    /// A value, and what is in it, by each line and in the ways in which programs write texts.
    fn add(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(object) => object.iter().for_each(|(_, value)| self.add(value)),
            _ => {}
        }
        let text = value.text_form().unwrap_or_else(|| value.to_json_text());
        let lines = text.lines().filter(|line| line.trim().chars().count() >= BEGINNING);
        for text in lines.chain([text.as_str()]) {
            // As it is, in SQL, in JSON, and in Python, which quotes one way or the other.
            self.put(text.trim().to_owned());
            self.put(text.to_owned());
            self.put(escaped(text, "'", '\''));
            for quotes in ["\"", "'", "'\"", ""] {
                self.put(escaped(text, quotes, '\\'));
            }
        }
    }

    fn put(&mut self, way: String) {
        if !way.trim().is_empty() && !self.0.contains(&way) {
            self.0.push(way);
        }
    }
}

/// A text with `escape` before each of some quotes, and written in one line if that is a backslash.
fn escaped(text: &str, quotes: &str, escape: char) -> String {
    let mut written = String::new();
    for character in text.chars() {
        let letter = match character {
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => character,
        };
        let in_one_line = escape == '\\' && (letter != character || character == '\\');
        if in_one_line || quotes.contains(character) {
            written.push(escape);
        }
        written.push(if in_one_line { letter } else { character });
    }
    written
}

/// How many bytes at the beginning of a text, which comes behind a character, quote a secret.
fn quoted(secret: &str, before: Option<char>, text: &str) -> Option<usize> {
    let (mut characters, mut bytes) = (0, 0);
    for (one, other) in secret.chars().zip(text.chars()) {
        if one != other {
            break;
        }
        characters += 1;
        bytes += one.len_utf8();
    }
    let is_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let is_part = || is_word(before) || is_word(text.get(bytes..).and_then(|after| after.chars().next()));
    let is_whole = bytes == secret.len() && (characters >= SHORT || !is_part());
    (is_whole || characters >= BEGINNING).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(secret: &str, text: &str) -> String {
        let mut secrets = Secrets::default();
        secrets.add(&Value::string(secret));
        secrets.redact(text.to_owned())
    }

    #[test]
    fn a_quotation_goes_whole_or_cut_off() {
        let secret = "4111 1111 1111 1234";
        assert_eq!(redacted(secret, "can't cast '4111 1111 1111 1234'"), "can't cast '[REDACTED]'");
        assert_eq!(redacted(secret, "can't cast '4111 1111 1...'"), "can't cast '[REDACTED]...'");
        assert_eq!(redacted(secret, "4111 is a year"), "4111 is a year");
    }

    #[test]
    fn quotations_in_the_ways_of_sql_json_and_python_go() {
        let secret = "it's a \"very\\long\"\nsecret indeed";
        for text in [
            "it's a \"very\\long\"\nsecret indeed",
            "'it''s a \"very\\long\"\nsecret indeed'",
            r#""it's a \"very\\long\"\nsecret indeed""#,
            r#"'it\'s a "very\\long"\nsecret indeed'"#,
            "LINE 1: secret indeed",
        ] {
            let left = redacted(secret, text);
            assert!(!left.contains("very") && !left.contains("indeed"), "{text}: {left}");
        }
    }

    #[test]
    fn what_is_short_is_redacted_where_it_stands_by_itself() {
        assert_eq!(redacted("12", "line 12: 12 is not 112"), "line [REDACTED]: [REDACTED] is not 112");
        assert_eq!(redacted("", "nothing"), "nothing");
        assert_eq!(redacted("pin99", "apin99b"), "a[REDACTED]b");
    }

    /// Whatever a secret is made of and however an engine's message quotes it, no piece of it is left that nobody could have
    /// written by chance.
    #[test]
    fn no_message_of_an_engine_gives_a_secret_away() {
        const PIECES: [&str; 16] =
            ["a", "Z", "7", " ", "'", "\"", "\\", "\n", "\t", "é", "日", "{", "}", "%s", "''", "\u{1F600}"];
        const MARK: &str = "hunter2-marked";
        let messages: [fn(&str) -> String; 7] = [
            |secret| format!("Conversion Error: Could not convert string '{secret}' to INT32"),
            |secret| format!("Parser Error: near '{}'", secret.replace('\'', "''")),
            |secret| format!("ValueError: invalid literal for int(): {secret:?}"),
            |secret| format!("bad input {}", Value::string(secret).to_json_text()),
            |secret| format!("{secret}{secret}"),
            |secret| format!("KeyError: {}", secret.chars().take(40).collect::<String>()),
            |secret| secret.lines().last().unwrap_or_default().to_owned(),
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        for round in 0..4000 {
            let mut secret = MARK.to_owned();
            for _ in 0..random(20) {
                let piece = PIECES[random(PIECES.len())];
                if random(2) == 0 {
                    secret.push_str(piece);
                } else {
                    secret.insert_str(0, piece);
                }
            }
            let text = messages[random(messages.len())](&secret);
            // Rust writes some characters in a way that no engine does.
            if text.contains("\\u{") {
                continue;
            }
            let left = redacted(&secret, &text);
            assert!(!left.contains(MARK), "round {round}: {secret:?} in {text:?} left {left:?}");
        }
    }
}
