//! `enum`: the only values allowed.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Type;
use super::decimal::Decimal;
use crate::diagnostic::Code;
use crate::value::Value;
use crate::yaml::{DocPath, Report};

/// The only values allowed.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    served: Vec<Json>,
    /// As arguments are after conversion.
    arguments: BTreeSet<String>,
    /// As results are, which is how they are served.
    outputs: BTreeSet<String>,
    text: String,
}

impl Choices {
    /// A value that is not of the type is warned of; if conversion can't make it so, it is left out, as it
    /// could never be chosen.
    pub(super) fn compile(written: &[Json], ty: &Type, path: &DocPath, report: &mut Report<'_>) -> Self {
        let mut choices = Self {
            served: Vec::new(),
            arguments: BTreeSet::new(),
            outputs: BTreeSet::new(),
            text: list(written),
        };
        if written.is_empty() {
            report.warning(Code::InvalidValue, path, "`enum` is empty: no value is allowed");
        }
        for (index, choice) in written.iter().enumerate() {
            if choice.is_null() {
                choices.add(Json::Null, &Value::Null);
                continue;
            }
            let converted = ty.try_convert(Value::from_json(choice.clone())).ok();
            let entry = converted.map(|converted| (ty.served(choice, &converted), converted));
            if entry.as_ref().map(|(served, _)| canonical_json(served)) != Some(canonical_json(choice)) {
                let message = format!("`enum` has {choice}, which is not of type {}", ty.name());
                report.warning(Code::InvalidValue, &path.index(index), message);
            }
            if let Some((served, converted)) = entry {
                choices.add(served, &converted);
            }
        }
        choices
    }

    fn add(&mut self, served: Json, converted: &Value) {
        self.arguments.insert(canonical(converted));
        if self.outputs.insert(canonical_json(&served)) {
            self.served.push(served);
        }
    }

    /// The values for a schema.
    pub(super) fn served(&self) -> &[Json] {
        &self.served
    }

    pub(super) fn allow_null(&self) -> bool {
        self.served.contains(&Json::Null)
    }

    /// Whether a converted argument is one of them.
    pub(super) fn allow_argument(&self, value: &Value) -> bool {
        self.arguments.contains(&canonical(value))
    }

    /// Whether a rendered result is one of them.
    pub(super) fn allow_output(&self, value: &Value) -> bool {
        self.outputs.contains(&canonical(value))
    }

    /// As messages list them: `['x', 'y']`.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

pub(super) fn list(written: &[Json]) -> String {
    let words = written.iter().map(|choice| match choice {
        Json::String(text) => format!("'{text}'"),
        other => other.to_string(),
    });
    format!("[{}]", words.collect::<Vec<_>>().join(", "))
}

fn canonical_json(value: &Json) -> String {
    canonical(&Value::from_json(value.clone()))
}

/// A text that equal values share: numbers by what they are worth, objects whatever the order of their keys.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Int(_) | Value::Float(_) | Value::Number(_) => match Decimal::of(value) {
            Some(decimal) => text.push_str(&decimal.canonical()),
            None => text.push_str(&value.to_json_text()),
        },
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in entries {
                text.push_str(&Value::string(&**key).to_json_text());
                text.push(':');
                write_canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        other => text.push_str(&other.to_json_text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::{compile, convert, findings, json};

    #[test]
    fn compares_after_conversion() {
        assert_eq!(convert("{type: integer, enum: [1, 2]}", r#""2""#), Ok(Value::Int(2)));
        assert_eq!(convert("{type: number, enum: [1, 2.5]}", "1"), Ok(Value::Float(1.0)));
        assert!(convert("{type: string, format: date, enum: ['2024-02-09']}", r#""2024-2-9""#).is_ok());
        assert_eq!(
            convert("{type: string, enum: [x, y]}", r#""z""#).unwrap_err(),
            "Invalid value for a. Must be one of: ['x', 'y']"
        );
    }

    #[test]
    fn holds_inside_and_outwards_too() {
        assert_eq!(
            convert("{type: array, items: {type: string, enum: [x]}}", r#"["x", "z"]"#).unwrap_err(),
            "Invalid value for a[1]. Must be one of: ['x']"
        );
        let ty = compile("{type: object, properties: {k: {type: integer, enum: [1]}}}");
        assert!(ty.check_output(json(r#"{"k": 1.0}"#)).is_ok());
        assert_eq!(
            ty.check_output(json(r#"{"k": 2}"#)),
            Err("Property 'k': Invalid value. Must be one of: [1]".into())
        );
        assert!(ty.check_output(json(r#"{"k": null}"#)).is_ok());
    }

    #[test]
    fn null_is_allowed_only_if_it_is_listed_or_the_default() {
        assert!(convert("{type: string, enum: [x]}", "null").is_err());
        assert_eq!(convert("{type: string, enum: [x, null]}", "null"), Ok(Value::Null));
        assert_eq!(convert("{type: string, enum: [x], default: null}", "null"), Ok(Value::Null));
    }

    #[test]
    fn warns_of_values_of_another_type() {
        assert_eq!(
            findings("{type: integer, enum: [1, two]}"),
            [r#"warning enum.1: `enum` has "two", which is not of type integer"#]
        );
        assert_eq!(
            findings("{type: string, enum: [yes, no]}").len(),
            2,
            "unquoted yes and no are booleans in YAML"
        );
        assert!(findings("{type: integer, enum: [1, 2.0, null]}").is_empty());
        assert!(findings("{type: number, enum: [1, 2.5]}").is_empty());
    }

    #[test]
    fn equal_values_share_their_canonical_text() {
        let same = |left: &str, right: &str| canonical(&json(left)) == canonical(&json(right));
        assert!(same(r#"{"a": 1, "b": [2.0]}"#, r#"{"b": [2], "a": 1e0}"#));
        assert!(!same("1", r#""1""#));
        assert!(!same(r#"["a,b"]"#, r#"["a", "b"]"#));
        assert!(!same("[[1], 2]", "[[1, 2]]"));
    }
}
