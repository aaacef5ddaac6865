//! Making parts of records unreadable, as the schema file asks for it.

use mxcp_core::types::REDACTED;
use mxcp_core::value::{Object, Value};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

/// What is made unreadable, and how.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Redaction {
    /// Keys of nested objects, joined by dots.
    field_path: String,
    strategy: Strategy,
    #[serde(default)]
    options: Options,
}

/// How a value is made unreadable.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Strategy {
    /// `[REDACTED]`.
    Full,
    /// The first and the last characters are left.
    Partial,
    /// Its SHA-256 is left.
    Hash,
    /// The first characters are left.
    Truncate,
    /// The first character and the domain are left.
    Email,
    /// A value of the same type that says nothing.
    PreserveType,
    /// One that nobody knows: as `full`, so that nothing gets out by a mistake.
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Options {
    show_first: Option<usize>,
    show_last: Option<usize>,
    min_length: Option<usize>,
    length: Option<usize>,
    suffix: Option<String>,
}

impl Redaction {
    /// Redacts a part of a value, if it is there.
    pub(crate) fn apply(&self, object: &mut Object) {
        let mut keys = self.field_path.split('.');
        let Some(mut key) = keys.next() else { return };
        let mut inside = object;
        for next in keys {
            let Some(Value::Object(inner)) = inside.get_mut(key) else { return };
            (inside, key) = (inner, next);
        }
        if let Some(value) = inside.get_mut(key).filter(|value| !value.is_null()) {
            *value = self.redacted(value);
        }
    }

    fn redacted(&self, value: &Value) -> Value {
        let options = &self.options;
        let text = || value.text_form().unwrap_or_else(|| value.to_json_text());
        Value::string(match self.strategy {
            Strategy::PreserveType => return without_content(value),
            Strategy::Full | Strategy::Unknown => REDACTED.to_owned(),
            Strategy::Hash => {
                let hash = digest(&SHA256, text().as_bytes());
                let digits: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
                format!("sha256:{digits}")
            }
            Strategy::Partial => {
                let (first, last) = (options.show_first.unwrap_or(2), options.show_last.unwrap_or(2));
                let text: Vec<char> = text().chars().collect();
                let least = options.min_length.unwrap_or(8).max(first.saturating_add(last).saturating_add(1));
                match (text.get(..first), text.len().checked_sub(last).and_then(|end| text.get(end..))) {
                    (Some(first), Some(last)) if text.len() >= least => {
                        format!("{}***{}", first.iter().collect::<String>(), last.iter().collect::<String>())
                    }
                    _ => REDACTED.to_owned(),
                }
            }
            Strategy::Truncate => {
                let (text, length) = (text(), options.length.unwrap_or(10));
                match text.char_indices().nth(length) {
                    Some((end, _)) => {
                        let suffix = options.suffix.as_deref().unwrap_or("...");
                        format!("{}{suffix}", text.get(..end).unwrap_or_default())
                    }
                    None => text,
                }
            }
            Strategy::Email => match text().rsplit_once('@') {
                Some((local, domain)) if local.chars().count() > 2 => {
                    format!("{}***@{domain}", local.chars().take(1).collect::<String>())
                }
                Some((_, domain)) => format!("***@{domain}"),
                None => REDACTED.to_owned(),
            },
        })
    }
}

fn without_content(value: &Value) -> Value {
    match value {
        Value::Bool(_) => Value::Bool(false),
        Value::Int(_) => Value::Int(0),
        Value::Number(number) if number.is_integer() => Value::Int(0),
        Value::Number(_) | Value::Float(_) => Value::Float(0.0),
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(_) => Value::Object(Object::new()),
        Value::Null => Value::Null,
        _ => Value::string(REDACTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(redaction: &str, object: &str) -> String {
        let redaction: Redaction = serde_json::from_str(redaction).unwrap();
        let Value::Object(mut object) = Value::parse_json(object).unwrap() else { panic!("no object") };
        redaction.apply(&mut object);
        Value::Object(object).to_json_text()
    }

    fn with(strategy: &str, value: &str) -> String {
        let redaction = format!(r#"{{"field_path": "a", "strategy": {strategy}}}"#);
        let text = redacted(&redaction, &format!(r#"{{"a":{value}}}"#));
        text.strip_prefix("{\"a\":").and_then(|text| text.strip_suffix('}')).unwrap().to_owned()
    }

    #[test]
    fn each_strategy_leaves_what_it_says() {
        for (strategy, value, left) in [
            (r#""full""#, "5", r#""[REDACTED]""#),
            (r#""partial""#, r#""4111111111111234""#, r#""41***34""#),
            (r#""partial""#, r#""1234567""#, r#""[REDACTED]""#),
            (
                r#""partial", "options": {"show_first": 1, "show_last": 0, "min_length": 2}"#,
                r#""abc""#,
                r#""a***""#,
            ),
            (
                r#""partial", "options": {"show_first": 9, "show_last": 9, "min_length": 1}"#,
                r#""abcdefghij""#,
                r#""[REDACTED]""#,
            ),
            (r#""truncate""#, r#""abcdefghijkl""#, r#""abcdefghij...""#),
            (r#""truncate", "options": {"length": 2, "suffix": "~"}"#, r#""äöü""#, r#""äö~""#),
            (r#""truncate""#, r#""short""#, r#""short""#),
            (r#""email""#, r#""user@example.com""#, r#""u***@example.com""#),
            (r#""email""#, r#""me@example.com""#, r#""***@example.com""#),
            (r#""email""#, r#""nobody""#, r#""[REDACTED]""#),
            (r#""preserve_type""#, "true", "false"),
            (r#""preserve_type""#, "12", "0"),
            (r#""preserve_type""#, "1.5", "0.0"),
            (r#""preserve_type""#, "[1]", "[]"),
            (r#""preserve_type""#, r#"{"b": 1}"#, "{}"),
            (r#""preserve_type""#, r#""x""#, r#""[REDACTED]""#),
            (r#""nobody knows""#, r#""x""#, r#""[REDACTED]""#),
            (r#""full""#, "null", "null"),
        ] {
            assert_eq!(with(strategy, value), left, "{strategy} of {value}");
        }
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(with(r#""hash""#, r#""abc""#), format!("\"sha256:{hash}\""));
    }

    #[test]
    fn a_path_leads_into_objects_and_may_lead_nowhere() {
        let full = r#"{"field_path": "a.b", "strategy": "full"}"#;
        assert_eq!(redacted(full, r#"{"a":{"b":1,"c":2}}"#), r#"{"a":{"b":"[REDACTED]","c":2}}"#);
        assert_eq!(redacted(full, r#"{"a":{"c":2}}"#), r#"{"a":{"c":2}}"#);
        assert_eq!(redacted(full, r#"{"a":[1]}"#), r#"{"a":[1]}"#);
    }
}
