//! What users may do because of what their identity provider says of them.

use crate::schema::ClaimMappings;
use crate::value::{Object, Value};

/// The capabilities that a profile has by `claim_mappings` (spec `authentication.md` section 7.1), each once.
#[must_use]
pub fn capabilities(profile: &Object, mappings: &ClaimMappings) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (path, meanings) in mappings {
        let values = claim(profile, path).map(texts).unwrap_or_default();
        for capability in values.iter().filter_map(|value| meanings.get(value)).flatten() {
            if !found.contains(capability) {
                found.push(capability.clone());
            }
        }
    }
    found
}

/// A key of this very name wins; else dots lead into objects.
pub(super) fn claim<'a>(profile: &'a Object, path: &str) -> Option<&'a Value> {
    if let Some(value) = profile.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    let step = |value: &'a Value, key: &str| value.as_object()?.get(key);
    rest.split('.').try_fold(profile.get(first)?, step)
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(text).collect(),
        Value::String(text) if text.contains(' ') => text.split_whitespace().map(str::to_owned).collect(),
        one => vec![text(one)],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_json_text(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(profile: &str, path: &str, value: &str) -> bool {
        let Value::Object(profile) = Value::parse_json(profile).unwrap() else { panic!("no object") };
        let meanings = [(value.to_owned(), vec!["yes".to_owned()])].into_iter().collect();
        capabilities(&profile, &[(path.to_owned(), meanings)].into_iter().collect()) == ["yes"]
    }

    #[test]
    fn claims_are_found_by_name_or_by_path() {
        assert!(found(r#"{"a.b": "x"}"#, "a.b", "x"));
        assert!(found(r#"{"https://corp.example/roles": ["x", "y"]}"#, "https://corp.example/roles", "y"));
        assert!(found(r#"{"realm": {"access": {"roles": ["x"]}}}"#, "realm.access.roles", "x"));
        assert!(!found(r#"{"a": {"b": "x"}, "a.b": "z"}"#, "a.b", "x"));
        assert!(!found(r#"{"a": "x"}"#, "a.b", "x"));
    }

    #[test]
    fn values_are_compared_as_texts() {
        assert!(found(r#"{"a": "red team"}"#, "a", "team"));
        assert!(!found(r#"{"a": "red team"}"#, "a", "red team"));
        assert!(found(r#"{"a": ["red team"]}"#, "a", "red team"));
        assert!(found(r#"{"a": 3.5}"#, "a", "3.5"));
        assert!(found(r#"{"a": true}"#, "a", "true"));
        assert!(!found(r#"{"a": null}"#, "a", "null"));
        assert!(!found(r#"{"a": "X"}"#, "a", "x"));
    }

    #[test]
    fn a_capability_is_had_once() {
        let Value::Object(profile) = Value::parse_json(r#"{"a": ["x", "y"]}"#).unwrap() else { panic!() };
        let both = || vec!["yes".to_owned()];
        let meanings = [("x".to_owned(), both()), ("y".to_owned(), both())].into_iter().collect();
        assert_eq!(capabilities(&profile, &[("a".to_owned(), meanings)].into_iter().collect()), ["yes"]);
    }
}
