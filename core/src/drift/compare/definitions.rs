//! Definitions, in the form in which defaults are filled in.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value as Json};

use super::super::Definition;
use super::Precision;

/// Where two definitions say something else; nothing if one of them is unknown.
pub(super) fn differences(
    old: Option<&Definition>,
    new: Option<&Definition>,
    precision: Precision,
) -> Vec<String> {
    let (Some(old), Some(new)) = (old, new) else { return Vec::new() };
    let mut found = Vec::new();
    entries(old.entries(), new.entries(), "", precision, &mut found);
    found
}

fn entries(
    old: &Map<String, Json>,
    new: &Map<String, Json>,
    path: &str,
    precision: Precision,
    found: &mut Vec<String>,
) {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let written = |entries: &'_ Map<String, Json>, key: &str| {
        entries.get(key).filter(|value| precision == Precision::Full || !value.is_null()).cloned()
    };
    for key in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (written(old, key), written(new, key)) {
            (Some(old), Some(new)) => value(&old, &new, path, precision, found),
            (None, None) => {}
            _ => found.push(path),
        }
    }
}

fn value(old: &Json, new: &Json, path: String, precision: Precision, found: &mut Vec<String>) {
    match (old, new) {
        (Json::Object(old), Json::Object(new)) => entries(old, new, &path, precision, found),
        (Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                value(old, new, format!("{path}.{index}"), precision, found);
            }
        }
        (Json::Number(old), Json::Number(new)) if same_number(old, new) => {}
        (old, new) if old == new => {}
        _ => found.push(path),
    }
}

/// Whether numbers are the same, in whatever form they are written: bounds of types are doubles.
fn same_number(old: &Number, new: &Number) -> bool {
    let (one, other) = (old.to_string(), new.to_string());
    let is_whole = |text: &str| !text.contains(['.', 'e', 'E']);
    one == other || !(is_whole(&one) && is_whole(&other)) && old.as_f64() == new.as_f64()
}
