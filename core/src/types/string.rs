//! Texts.

use std::borrow::Cow;
use std::sync::Arc;

use regex::Regex;
use serde_json::{Map, Value as Json};

use super::fault::Fault;
use super::schema::View;
use super::{Type, content, format, render};
use crate::diagnostic::Code;
use crate::schema::{Format, TypeDef};
use crate::value::Value;
use crate::yaml::{DocPath, Report};

/// What only strings have.
///
/// Length rules don't apply to a string with a format, neither here nor in the served schema.
#[derive(Clone, Debug)]
pub struct StringType {
    format: Option<Format>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    pattern: Option<Regex>,
    media_type: Option<Arc<str>>,
    /// Whether the text stands for bytes.
    base64: bool,
}

impl StringType {
    pub(super) fn compile(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Option<Self> {
        let mut sound = true;
        if let (Some(least), Some(most)) = (def.min_length, def.max_length)
            && least > most
        {
            let message = format!("no text fits both `minLength: {least}` and `maxLength: {most}`");
            report.error(Code::InvalidValue, &path.key("minLength"), message);
            sound = false;
        }
        let pattern = match def.pattern.as_deref().map(Regex::new) {
            None => None,
            Some(Ok(pattern)) => Some(pattern),
            Some(Err(error)) => {
                report.error(Code::InvalidValue, &path.key("pattern"), pattern_message(&error));
                sound = false;
                None
            }
        };
        let length_applies = def.format.is_none();
        sound.then(|| Self {
            format: def.format,
            min_length: def.min_length.filter(|_| length_applies),
            max_length: def.max_length.filter(|_| length_applies),
            pattern,
            media_type: def.content_media_type.as_deref().map(Into::into),
            base64: def.content_encoding.is_some()
                || def.content_media_type.as_deref().is_some_and(content::is_picture_or_sound),
        })
    }

    /// What the text means.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Fewest characters allowed.
    #[must_use]
    pub fn min_length(&self) -> Option<u64> {
        self.min_length
    }

    /// Most characters allowed.
    #[must_use]
    pub fn max_length(&self) -> Option<u64> {
        self.max_length
    }

    /// The MIME type of what it holds.
    #[must_use]
    pub fn media_type(&self) -> Option<&Arc<str>> {
        self.media_type.as_ref()
    }

    /// The regular expression it must contain a match of.
    #[must_use]
    pub fn pattern(&self) -> Option<&str> {
        self.pattern.as_ref().map(Regex::as_str)
    }

    /// Whether the text has to be base64, and so stands for bytes.
    #[must_use]
    pub fn is_base64(&self) -> bool {
        self.base64
    }

    /// Whether a number is as good an argument as a text.
    pub(super) fn takes_numbers(&self) -> bool {
        self.format == Some(Format::Timestamp)
    }

    pub(super) fn is_constrained(&self) -> bool {
        self.min_length.is_some() || self.max_length.is_some() || self.pattern.is_some() || self.base64
    }

    /// From a text as it is (JSON or not), a number or a boolean; formats of time give the time.
    pub(super) fn convert(&self, value: Value) -> Result<Value, Fault> {
        let expected = match self.format {
            Some(Format::Date) => "string for date format",
            Some(Format::Time) => "string for time format",
            Some(Format::DateTime) => "string for date-time format",
            _ => "string",
        };
        let text = match value {
            Value::String(text) => text,
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(Fault::Expected { expected, got: value });
            }
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Number(_) => {
                if expected != "string" {
                    return Err(Fault::Expected { expected, got: value });
                }
                value.to_json_text()
            }
            other => other.text_form().unwrap_or_default(),
        };
        self.check_rules(&text).map_err(Fault::Rule)?;
        match self.format {
            None => Ok(Value::String(text)),
            Some(format) => format::convert(format, text),
        }
    }

    pub(super) fn check(&self, value: &Value, ty: &Type, objects: usize) -> Result<(), String> {
        let text = match value {
            Value::String(text) => {
                if let Some(format) = self.format {
                    format::check(format, text)?;
                }
                Cow::Borrowed(text.as_str())
            }
            other => match render::text(other, Some(ty), objects) {
                Some(text) => Cow::Owned(text),
                None => return Err(format!("Expected string, got {}", other.json_type())),
            },
        };
        self.check_rules(&text)
    }

    fn check_rules(&self, text: &str) -> Result<(), String> {
        if self.min_length.is_some() || self.max_length.is_some() {
            let length = text.chars().count() as u64;
            if let Some(least) = self.min_length.filter(|least| length < *least) {
                return Err(format!("String must be at least {least} characters long"));
            }
            if let Some(most) = self.max_length.filter(|most| length > *most) {
                return Err(format!("String must be at most {most} characters long"));
            }
        }
        if self.base64 && !content::is_base64(text) {
            return Err("Expected base64 text".to_owned());
        }
        match &self.pattern {
            Some(pattern) if !pattern.is_match(text) => {
                Err(format!("String should match pattern '{pattern}'"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn describe(&self, schema: &mut Map<String, Json>, view: View<'_>) {
        // Results are served without `format`: SQL gives `2024-02-29T13:14:15` without a zone, which clients
        // that enforce `date-time` would refuse. The checks of `email`, `uri` and `duration` let more pass than
        // JSON Schema means by these words: blanks, fractions, and dates of SQL as any of them.
        if let Some(word) = self.format.filter(|_| view.is_input()).and_then(format::json_schema_word) {
            schema.insert("format".to_owned(), word.into());
        }
        for (key, limit) in [("minLength", self.min_length), ("maxLength", self.max_length)] {
            if let Some(limit) = limit {
                schema.insert(key.to_owned(), limit.into());
            }
        }
        if let Some(pattern) = &self.pattern {
            schema.insert("pattern".to_owned(), pattern.as_str().into());
        }
        if self.base64 {
            schema.insert("contentEncoding".to_owned(), "base64".into());
        }
        if let Some(media_type) = &self.media_type {
            schema.insert("contentMediaType".to_owned(), (**media_type).into());
        }
    }
}

/// Why a pattern is refused, in one line.
pub(super) fn pattern_message(error: &regex::Error) -> String {
    let text = error.to_string();
    // The last line has the reason; those before draw the pattern.
    let reason = text.lines().last().unwrap_or_default();
    format!("invalid pattern: {}", reason.strip_prefix("error: ").unwrap_or(reason))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::types::testing::{compile, convert, findings, json};

    #[test]
    fn takes_scalars_by_their_text() {
        for (given, expected) in [
            (r#""x""#, "x"),
            ("5", "5"),
            ("1.5", "1.5"),
            ("170141183460469231731687303715884105728", "170141183460469231731687303715884105728"),
            ("true", "true"),
            (r#""null""#, "null"),
            (r#""[1,2]""#, "[1,2]"),
        ] {
            assert_eq!(convert("type: string", given), Ok(Value::string(expected)));
        }
        for given in ["[1]", r#"{"a":1}"#] {
            let error = convert("type: string", given).unwrap_err();
            assert_eq!(error, format!("Error validating parameter 'a': Expected string, got {given}"));
        }
    }

    #[test]
    fn counts_characters_not_bytes() {
        let definition = "{type: string, minLength: 2, maxLength: 3}";
        assert!(convert(definition, r#""éé""#).is_ok());
        assert_eq!(
            convert(definition, r#""é""#).unwrap_err(),
            "Error validating parameter 'a': String must be at least 2 characters long"
        );
        assert_eq!(
            convert(definition, r#""éééé""#).unwrap_err(),
            "Error validating parameter 'a': String must be at most 3 characters long"
        );
    }

    #[test]
    fn patterns_match_anywhere() {
        assert!(convert("{type: string, pattern: '[0-9]'}", r#""a1b""#).is_ok());
        assert_eq!(
            convert("{type: string, pattern: '^[a-z]+$'}", r#""a1b""#).unwrap_err(),
            "Error validating parameter 'a': String should match pattern '^[a-z]+$'"
        );
    }

    #[test]
    fn null_passes_only_where_no_constraint_forbids_it() {
        assert_eq!(convert("type: string", "null"), Ok(Value::Null));
        assert_eq!(convert("{type: string, format: date}", "null"), Ok(Value::Null));
        assert_eq!(convert("{type: string, minLength: 1, default: null}", "null"), Ok(Value::Null));
        assert_eq!(
            convert("{type: string, minLength: 1}", "null").unwrap_err(),
            "Error validating parameter 'a': Expected string, got null"
        );
    }

    #[test]
    fn refuses_patterns_that_cannot_be_held() {
        let found = findings("{type: string, pattern: '(a'}");
        assert_eq!(found, ["error pattern: invalid pattern: unclosed group"]);
        let found = findings("{type: string, pattern: 'a(?=b)'}");
        assert!(found[0].starts_with("error pattern: invalid pattern: look-around"), "{found:?}");
        let found = findings("{type: string, minLength: 3, maxLength: 2}");
        assert_eq!(found, ["error minLength: no text fits both `minLength: 3` and `maxLength: 2`"]);
    }

    #[test]
    fn results_may_be_texts_or_times() {
        let string = compile("{type: string, pattern: '^2024'}");
        let date = Value::Date(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap());
        assert_eq!(string.check_output(date.clone()), Ok(date));
        assert_eq!(string.check_output(json("5")), Err("Expected string, got integer".into()));
        assert_eq!(
            string.check_output(Value::string("1999")),
            Err("String should match pattern '^2024'".into())
        );
        let email = compile("{type: string, format: email, maxLength: 1}");
        assert!(email.check_output(Value::string("a@b.c")).is_ok());
        assert_eq!(email.check_output(Value::string("nope")), Err("Invalid email format: nope".into()));
    }
}
