//! What rules do to a result (spec `policies.md` section 7).

use crate::value::{Object, Value};

/// What stands in place of a masked value.
const MASK: &str = "****";

/// Removes the named keys of an object, or of each object of a list.
pub(super) fn filter(value: &mut Value, fields: &[String]) {
    each_object(value, &mut |object| {
        for field in fields {
            at_field(object, field, &|holder, key| {
                holder.remove(key);
            });
        }
    });
}

/// Replaces the values of the named keys of an object, or of each object of a list.
pub(super) fn mask(value: &mut Value, fields: &[String]) {
    each_object(value, &mut |object| {
        for field in fields {
            at_field(object, field, &|holder, key| {
                if let Some(slot) = holder.get_mut(key) {
                    *slot = Value::string(MASK);
                }
            });
        }
    });
}

/// The object itself, or the objects that are items of the list: lists inside lists are not entered.
fn each_object(value: &mut Value, change: &mut dyn FnMut(&mut Object)) {
    match value {
        Value::Object(object) => change(object),
        Value::Array(items) => {
            for item in items {
                if let Value::Object(object) = item {
                    change(object);
                }
            }
        }
        _ => {}
    }
}

/// Finds the holder of a field: the object itself if it has a key of that very name, otherwise a dotted name
/// leads into nested objects and through lists of them.
fn at_field(object: &mut Object, field: &str, change: &dyn Fn(&mut Object, &str)) {
    if object.contains_key(field) {
        return change(object, field);
    }
    for (at, _) in field.match_indices('.') {
        let (Some(key), Some(rest)) = (field.get(..at), field.get(at + 1..)) else {
            continue;
        };
        if let Some(inner) = object.get_mut(key) {
            each_object(inner, &mut |object| at_field(object, rest, change));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        Value::parse_json(json).unwrap()
    }

    fn filtered(json: &str, fields: &[&str]) -> String {
        let mut value = value(json);
        filter(&mut value, &fields.iter().map(ToString::to_string).collect::<Vec<_>>());
        value.to_json_text()
    }

    fn masked(json: &str, fields: &[&str]) -> String {
        let mut value = value(json);
        mask(&mut value, &fields.iter().map(ToString::to_string).collect::<Vec<_>>());
        value.to_json_text()
    }

    #[test]
    fn filtering_removes_keys_and_ignores_unknown_ones() {
        assert_eq!(filtered(r#"{"a":1,"b":2}"#, &["a", "z"]), r#"{"b":2}"#);
        assert_eq!(filtered(r#"{"a":1}"#, &["a"]), "{}");
    }

    #[test]
    fn lists_keep_their_length_and_their_other_items() {
        assert_eq!(filtered(r#"[{"a":1},2,[{"a":3}]]"#, &["a"]), r#"[{},2,[{"a":3}]]"#);
    }

    #[test]
    fn scalars_stay_as_they_are() {
        assert_eq!(filtered("\"a\"", &["a"]), "\"a\"");
        assert_eq!(masked("null", &["a"]), "null");
    }

    #[test]
    fn masking_replaces_values_of_every_kind() {
        assert_eq!(
            masked(r#"{"a":null,"b":1,"c":[1],"d":{"e":1},"f":1}"#, &["a", "b", "c", "d"]),
            r#"{"a":"****","b":"****","c":"****","d":"****","f":1}"#
        );
    }

    #[test]
    fn a_dotted_name_is_a_literal_key_first() {
        assert_eq!(masked(r#"{"a.b":1,"a":{"b":2}}"#, &["a.b"]), r#"{"a.b":"****","a":{"b":2}}"#);
    }

    #[test]
    fn a_dotted_name_reaches_into_objects_and_lists_of_objects() {
        assert_eq!(filtered(r#"{"a":{"b":1,"c":2}}"#, &["a.b"]), r#"{"a":{"c":2}}"#);
        assert_eq!(
            filtered(r#"[{"a":[{"b":{"c":1}},{"b":3}]}]"#, &["a.b.c"]),
            r#"[{"a":[{"b":{}},{"b":3}]}]"#
        );
        assert_eq!(filtered(r#"{"a.b":{"c":1,"d":2}}"#, &["a.b.c"]), r#"{"a.b":{"d":2}}"#);
    }
}
