//! What is wrong with one argument, with its value kept apart so that it can be left out.

use crate::value::Value;

/// Longest part of a value that a message shows, in characters.
const SHOWN: usize = 60;

/// What is wrong with one argument.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another kind of value: `Expected integer, got "abc"`.
    Expected {
        /// What would be right.
        expected: &'static str,
        /// What was given.
        got: Value,
    },
    /// A text that can't be read: `Invalid date format: soon (expected YYYY-MM-DD)`.
    Invalid {
        /// What it should have been: `date format`.
        what: &'static str,
        /// What was given.
        got: String,
        /// What is wrong, or what would be right; may be empty.
        hint: &'static str,
    },
    /// A rule that the value breaks; the sentence doesn't have the value.
    Rule(String),
}

impl Fault {
    /// The sentence, without the value if that must not be shown.
    pub(super) fn text(&self, conceal: bool) -> String {
        match self {
            Fault::Expected { expected, got } => format!("Expected {expected}, got {}", shown(got, conceal)),
            Fault::Invalid { what, got, hint } => {
                let got = if conceal { String::new() } else { format!(": {}", cut(got)) };
                let hint = if hint.is_empty() { String::new() } else { format!(" ({hint})") };
                format!("Invalid {what}{got}{hint}")
            }
            Fault::Rule(text) => text.clone(),
        }
    }
}

/// A value as messages show it: its beginning, or its type if it must not be shown.
pub(super) fn shown(value: &Value, conceal: bool) -> String {
    if conceal { value.json_type().to_owned() } else { cut(&value.to_json_text()) }
}

/// The beginning of a long text, on one line.
fn cut(text: &str) -> String {
    let mut shown: String =
        text.chars().take(SHOWN).map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_value_unless_it_is_to_be_concealed() {
        let fault = Fault::Expected { expected: "integer", got: Value::string("abc") };
        assert_eq!(fault.text(false), r#"Expected integer, got "abc""#);
        assert_eq!(fault.text(true), "Expected integer, got string");
        let fault = Fault::Invalid { what: "date format", got: "soon".into(), hint: "expected YYYY-MM-DD" };
        assert_eq!(fault.text(false), "Invalid date format: soon (expected YYYY-MM-DD)");
        assert_eq!(fault.text(true), "Invalid date format (expected YYYY-MM-DD)");
    }

    #[test]
    fn cuts_long_values() {
        let fault = Fault::Expected { expected: "integer", got: Value::string("é".repeat(500)) };
        assert_eq!(fault.text(false).chars().count(), "Expected integer, got ".len() + SHOWN + 1);
    }
}
