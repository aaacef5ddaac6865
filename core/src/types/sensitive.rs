//! Keeping sensitive parts of values out of the audit log and out of results.
//!
//! Both walk a value along its type. Where the two don't fit and the type has sensitive parts, the parts can't
//! be told from the rest, so the value goes as a whole.

use std::sync::Arc;

use super::{Kind, Type};
use crate::value::Value;

/// What stands in the audit log in the place of a sensitive value.
pub const REDACTED: &str = "[REDACTED]";

/// A copy with [`REDACTED`] in the place of whatever is sensitive: an argument before or after conversion, or
/// a result.
#[must_use]
pub fn redact_sensitive(value: &Value, ty: &Type) -> Value {
    if !ty.conceals {
        return value.clone();
    }
    match (&ty.kind, value) {
        _ if ty.sensitive => Value::string(REDACTED),
        (_, Value::Null) => Value::Null,
        (Kind::Array(array), Value::Array(items)) => {
            let redact =
                |item| array.items().map_or_else(|| Value::clone(item), |ty| redact_sensitive(item, ty));
            Value::Array(items.iter().map(redact).collect())
        }
        (Kind::Object(declared), Value::Object(object)) => {
            let redact = |(name, value): (&Arc<str>, &Value)| {
                let property = declared.property(name);
                let value =
                    property.map_or_else(|| value.clone(), |property| redact_sensitive(value, property.ty()));
                (Arc::clone(name), value)
            };
            Value::Object(object.iter().map(redact).collect())
        }
        _ => Value::string(REDACTED),
    }
}

/// Hands over each part of a value that [`redact_sensitive`] makes unreadable.
pub(crate) fn each_sensitive(value: &Value, ty: &Type, take: &mut impl FnMut(&Value)) {
    match (&ty.kind, value) {
        _ if !ty.conceals => {}
        _ if ty.sensitive => take(value),
        (_, Value::Null) => {}
        (Kind::Array(array), Value::Array(items)) => {
            if let Some(ty) = array.items() {
                items.iter().for_each(|item| each_sensitive(item, ty, take));
            }
        }
        (Kind::Object(declared), Value::Object(object)) => {
            for (name, value) in object.iter() {
                if let Some(property) = declared.property(name) {
                    each_sensitive(value, property.ty(), take);
                }
            }
        }
        _ => take(value),
    }
}

/// The value without whatever is sensitive, none if that is all of it. Properties go with their keys, items of
/// lists leave no gap. Properties that aren't declared stay, unless `additionalProperties` is false.
#[must_use]
pub fn remove_sensitive(value: Value, ty: &Type) -> Option<Value> {
    if !ty.conceals {
        return Some(value);
    }
    match (&ty.kind, value) {
        _ if ty.sensitive => None,
        (_, Value::Null) => Some(Value::Null),
        (Kind::Array(array), Value::Array(items)) => {
            let remove = |item| match array.items() {
                Some(ty) => remove_sensitive(item, ty),
                None => Some(item),
            };
            Some(Value::Array(items.into_iter().filter_map(remove).collect()))
        }
        (Kind::Object(declared), Value::Object(object)) => {
            let remove = |(name, value): (Arc<str>, Value)| match declared.property(&name) {
                Some(property) => Some((name, remove_sensitive(value, property.ty())?)),
                None => declared.additional_properties().then_some((name, value)),
            };
            Some(Value::Object(object.into_iter().filter_map(remove).collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::{compile, json};

    const PERSON: &str = "{type: object, properties: {name: {type: string}, pin: {type: integer, sensitive: true}, \
        card: {type: object, sensitive: true, properties: {number: {type: string}}}, \
        keys: {type: array, items: {type: string, sensitive: true}}, \
        pets: {type: array, items: {type: object, properties: {chip: {type: string, sensitive: true}}}}}}";
    const VALUE: &str = r#"{"name": "n", "pin": 1, "card": {"number": "2"}, "keys": ["3", "4"],
        "pets": [{"chip": "5", "kind": "cat"}, null], "more": true}"#;

    #[test]
    fn redacts_at_every_level() {
        assert_eq!(
            redact_sensitive(&json(VALUE), &compile(PERSON)),
            json(
                r#"{"name": "n", "pin": "[REDACTED]", "card": "[REDACTED]", "keys": ["[REDACTED]", "[REDACTED]"],
                    "pets": [{"chip": "[REDACTED]", "kind": "cat"}, null], "more": true}"#
            )
        );
    }

    #[test]
    fn removes_at_every_level() {
        assert_eq!(
            remove_sensitive(json(VALUE), &compile(PERSON)),
            Some(json(r#"{"name": "n", "keys": [], "pets": [{"kind": "cat"}, null], "more": true}"#))
        );
        assert_eq!(remove_sensitive(json("1"), &compile("{type: integer, sensitive: true}")), None);
    }

    #[test]
    fn undeclared_properties_go_where_they_are_not_allowed() {
        let ty = compile(
            "{type: object, additionalProperties: false, properties: {a: {type: string}, b: {type: string, sensitive: true}}}",
        );
        assert_eq!(
            remove_sensitive(json(r#"{"a": "1", "b": "2", "c": "3"}"#), &ty),
            Some(json(r#"{"a": "1"}"#))
        );
    }

    #[test]
    fn what_does_not_fit_a_type_with_secrets_goes_as_a_whole() {
        let ty = compile(PERSON);
        let text = json(r#""{\"pin\": 1}""#);
        assert_eq!(redact_sensitive(&text, &ty), Value::string(REDACTED));
        assert_eq!(remove_sensitive(text, &ty), None);
        assert_eq!(remove_sensitive(json(r#"[{"pin": 1}]"#), &ty), None);
    }

    #[test]
    fn values_without_secrets_stay() {
        let ty = compile("{type: object, properties: {a: {type: integer}}}");
        assert_eq!(redact_sensitive(&json(r#"["odd"]"#), &ty), json(r#"["odd"]"#));
        assert_eq!(remove_sensitive(json(r#"["odd"]"#), &ty), Some(json(r#"["odd"]"#)));
    }
}
