//! The schema of a tool's arguments as a list of schemas with their places.

use serde_json::{Map, Value as Json};

use crate::lint::{Place, Subject};

/// All schemas of a tool's arguments.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    /// The schemas of parameters and those inside of them, outer ones first.
    pub(super) nodes: Vec<Node<'a>>,
}

/// A schema and where the definition has it.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// The schema.
    pub(super) schema: &'a Map<String, Json>,
    /// Where it comes from.
    pub(super) place: Place,
    /// The parameter or property it is the schema of, if it is one's.
    pub(super) name: Option<&'a str>,
    /// How many objects it is inside of: 1 for parameters.
    pub(super) depth: usize,
}

impl<'a> Tree<'a> {
    /// The schemas of a tool whose arguments are described by `schema`.
    pub(super) fn of(schema: &'a Json, subject: &Subject<'_>) -> Self {
        let mut tree = Self { nodes: Vec::new() };
        let properties = schema.get("properties").and_then(Json::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            // The schema has the parameters in their order, but that is not a thing to rely on.
            let place = subject.parameters().find(|(_, parameter)| *parameter.name == **name);
            let place = place.map_or_else(|| subject.place.key("parameters"), |(place, _)| place);
            tree.add(schema, Some(name), place, 1);
        }
        tree
    }

    fn add(&mut self, schema: &'a Json, name: Option<&'a str>, place: Place, depth: usize) {
        let Some(schema) = schema.as_object() else { return };
        self.nodes.push(Node { schema, place: place.clone(), name, depth });
        let properties = schema.get("properties").and_then(Json::as_object);
        for (name, inner) in properties.into_iter().flatten() {
            self.add(inner, Some(name), place.key("properties").key(name), depth + 1);
        }
        for key in ["$defs", "definitions"] {
            let definitions = schema.get(key).and_then(Json::as_object);
            for (name, inner) in definitions.into_iter().flatten() {
                self.add(inner, None, place.key(key).key(name), depth);
            }
        }
        for key in ["items", "additionalProperties", "not"] {
            if let Some(inner) = schema.get(key) {
                self.add(inner, None, place.key(key), depth);
            }
        }
        for key in ["anyOf", "oneOf", "allOf", "prefixItems"] {
            let branches = schema.get(key).and_then(Json::as_array);
            for (index, inner) in branches.into_iter().flatten().enumerate() {
                self.add(inner, None, place.key(key).index(index), depth);
            }
        }
    }

    /// The schemas of the parameters themselves.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'a str, &Node<'a>)> {
        self.nodes.iter().filter(|node| node.depth == 1).filter_map(|node| Some((node.name?, node)))
    }
}

impl<'a> Node<'a> {
    /// The kinds of values it names in `type`, null left out.
    pub(super) fn kinds(&self) -> Vec<&'a str> {
        self.types().into_iter().filter(|kind| *kind != "null").collect()
    }

    /// Whether `type` lists null beside other kinds.
    pub(super) fn is_nullable(&self) -> bool {
        let types = self.types();
        types.len() > 1 && types.contains(&"null")
    }

    fn types(&self) -> Vec<&'a str> {
        match self.schema.get("type") {
            Some(Json::String(kind)) => vec![kind],
            Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        }
    }
}
