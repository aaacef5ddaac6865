//! What a rule did to a result, field by field: for authors. No values are told.

use std::collections::BTreeMap;

use crate::value::Value;

/// What became of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is gone.
    Removed,
    /// Something else stands in its place.
    Replaced,
}

/// What a rule did to a field, wherever in the result it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The field as it is reached from the result: `salary`, `[].address.street`; empty for the result itself.
    pub field: String,
    /// What became of it.
    pub change: Change,
    /// How many of them there were.
    pub places: usize,
}

/// What is different in `after`, each field once.
pub(super) fn between(before: &Value, after: &Value) -> Vec<Effect> {
    let mut found = BTreeMap::new();
    compare(before, after, &mut String::new(), &mut found);
    let effect = |((field, change), places)| Effect { field, change, places };
    found.into_iter().map(effect).collect()
}

fn compare(before: &Value, after: &Value, path: &mut String, found: &mut BTreeMap<(String, Change), usize>) {
    let length = path.len();
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before.iter() {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                match after.get(key) {
                    Some(after) => compare(value, after, path, found),
                    None => note(path, Change::Removed, found),
                }
                path.truncate(length);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            path.push_str("[]");
            for (before, after) in before.iter().zip(after) {
                compare(before, after, path, found);
            }
            path.truncate(length);
        }
        (before, after) if before != after => note(path, Change::Replaced, found),
        _ => {}
    }
}

fn note(path: &str, change: Change, found: &mut BTreeMap<(String, Change), usize>) {
    *found.entry((path.to_owned(), change)).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(before: &str, after: &str) -> Vec<(String, Change, usize)> {
        let [before, after] = [before, after].map(|text| Value::parse_json(text).unwrap());
        let effects = between(&before, &after).into_iter();
        effects.map(|effect| (effect.field, effect.change, effect.places)).collect()
    }

    #[test]
    fn each_field_is_told_once_and_counted() {
        let before =
            r#"[{"id": 1, "pay": 5, "at": {"street": "a", "town": "b"}}, {"id": 2, "pay": 6}, {"id": 3}]"#;
        let after = r#"[{"id": 1, "pay": "****", "at": {"town": "b"}}, {"id": 2, "pay": "****"}, {"id": 3}]"#;
        assert_eq!(
            effects(before, after),
            [("[].at.street".to_owned(), Change::Removed, 1), ("[].pay".to_owned(), Change::Replaced, 2)]
        );
    }

    #[test]
    fn what_is_no_object_is_replaced_as_a_whole() {
        assert_eq!(effects("[1, 2]", "null"), [(String::new(), Change::Replaced, 1)]);
        assert_eq!(effects(r#"{"a": [1, 2]}"#, r#"{"a": [1]}"#), [("a".to_owned(), Change::Replaced, 1)]);
        assert!(effects(r#"{"a": [1, {"b": 2}]}"#, r#"{"a": [1, {"b": 2}]}"#).is_empty());
    }
}
