//! Where in a schema its subschemas stand.

use serde_json::{Map, Value as Json};

use crate::yaml::DocPath;

/// Levels of subschemas in a schema.
pub(super) const MAX_DEPTH: usize = 32;

/// Keywords whose value is a schema.
const ONE: [&str; 12] = [
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "additionalItems",
];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords whose value has schemas by name.
const NAMED: [&str; 5] = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/// A place where a schema stands.
#[derive(Clone, Debug)]
pub(in crate::types) struct Position<'w> {
    /// JSON pointer from the root; empty for the root.
    pub(in crate::types) pointer: String,
    pub(in crate::types) path: DocPath,
    pub(in crate::types) written: &'w Json,
    /// How many schemas it is inside of.
    pub(super) depth: usize,
}

/// Every place where a schema stands, the root first, parents before what is inside of them; no deeper than
/// [`MAX_DEPTH`] and one, so that the caller sees that it is too deep.
pub(in crate::types) fn positions<'w>(root: &'w Json, path: &DocPath) -> Vec<Position<'w>> {
    let mut found = vec![Position { pointer: String::new(), path: path.clone(), written: root, depth: 0 }];
    let mut next = 0;
    while let Some(position) = found.get(next).cloned() {
        next += 1;
        if position.depth <= MAX_DEPTH
            && let Json::Object(map) = position.written
        {
            found.extend(inside(map, &position));
        }
    }
    found
}

fn inside<'w>(map: &'w Map<String, Json>, outer: &Position<'w>) -> Vec<Position<'w>> {
    let mut found = Vec::new();
    let depth = outer.depth + 1;
    for (key, value) in map {
        let path = outer.path.key(key.as_str());
        let pointer = format!("{}/{}", outer.pointer, escaped(key));
        match value {
            _ if ONE.contains(&key.as_str()) => {
                found.push(Position { pointer, path, written: value, depth });
            }
            Json::Array(items) if LIST.contains(&key.as_str()) => {
                found.extend(items.iter().enumerate().map(|(index, written)| Position {
                    pointer: format!("{pointer}/{index}"),
                    path: path.index(index),
                    written,
                    depth,
                }));
            }
            Json::Object(entries) if NAMED.contains(&key.as_str()) => {
                found.extend(entries.iter().map(|(name, written)| Position {
                    pointer: format!("{pointer}/{}", escaped(name)),
                    path: path.key(name.as_str()),
                    written,
                    depth,
                }));
            }
            _ => {}
        }
    }
    found
}

/// A key as a part of a JSON pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The part of a reference behind `#`, if it stays in the document that has this `$id`.
pub(super) fn fragment<'r>(reference: &'r str, id: Option<&str>) -> Option<&'r str> {
    let behind = |id: &str| match reference.strip_prefix(id.trim_end_matches('#'))? {
        "" => Some(""),
        rest => rest.strip_prefix('#'),
    };
    reference.strip_prefix('#').or_else(|| behind(id?))
}

/// Whether only `properties` lead to where a pointer points, as header annotations must stand.
pub(in crate::types) fn is_pointer_of_properties(pointer: &str) -> bool {
    let mut parts = pointer.split('/').skip(1);
    while let Some(part) = parts.next() {
        if part != "properties" || parts.next().is_none() {
            return false;
        }
    }
    true
}
