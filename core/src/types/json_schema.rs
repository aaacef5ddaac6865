//! JSON Schema (2020-12) as authors write it: compiled once, evaluated within bounds.
//!
//! An evaluator of our own rather than a crate's, for three reasons (docs/decisions/0006): what a schema may
//! cost is bounded here whatever the schema and the value are, its messages never have the value in them
//! where that is sensitive, and it asks nothing of the host. The tests compare it with the crate `jsonschema`.
//!
//! One schema is one document: references stay inside it, so `$dynamicRef` is what `$ref` is. Formats are
//! assertions, unknown keywords are notes.

mod compile;
mod evaluate;
mod format;
mod node;
mod pattern;
mod positions;
mod reroot;

use serde_json::{Map, Value as Json};

pub(super) use evaluate::{Budget, Finding};
pub(super) use node::Types;
pub(super) use positions::{is_pointer_of_properties, positions};
pub(super) use reroot::{rerooted, within};

use super::place::Place;
use crate::value::Value;
use crate::yaml::{DocPath, Report};
use node::{Node, NodeId};

/// A compiled schema.
#[derive(Clone, Debug)]
pub(super) struct JsonSchema {
    /// One per place where a schema may stand; the root is the first.
    nodes: Vec<Node>,
    /// The nodes of the root's `properties`, in the order written.
    properties: Vec<(String, NodeId)>,
}

impl JsonSchema {
    const ROOT: NodeId = NodeId::ROOT;

    /// Compiles a schema written at `path`; what is wrong with it goes to `report`. None if there are errors.
    pub(super) fn compile(
        written: &Map<String, Json>,
        path: &DocPath,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        compile::compile(written, path, report)
    }

    /// One that asks for nothing but types.
    pub(super) fn of_types(types: Types) -> Self {
        let keywords = vec![node::Keyword::Types(types)];
        let root = Node::Keywords(node::Keywords { keywords, looks_back: false });
        Self { nodes: vec![root], properties: Vec::new() }
    }

    /// Judges a value; what is wrong with it goes to `tell` until that says that it has heard enough.
    pub(super) fn check(
        &self,
        value: &Value,
        place: &Place<'_>,
        tell: &mut dyn FnMut(&Place<'_>, Finding) -> Budget,
    ) {
        evaluate::check(self, Self::ROOT, value, place, tell);
    }

    /// What is wrong with a value as the root's property of a name; none if it fits.
    pub(super) fn refuses_property(&self, name: &str, value: &Value, place: &Place<'_>) -> Option<String> {
        let (_, id) = self.properties.iter().find(|(known, _)| known == name)?;
        let mut problem = None;
        evaluate::check(self, *id, value, place, &mut |_, finding| {
            problem = Some(finding.text());
            Budget::Enough
        });
        problem
    }

    /// Whether a value is valid.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        let mut accepted = true;
        self.check(value, &Place::arguments(true), &mut |_, _| {
            accepted = false;
            Budget::Enough
        });
        accepted
    }

    /// The types that the root's `type` allows, also if it is behind a `$ref`; all if it says nothing.
    pub(super) fn types(&self) -> Types {
        self.types_of(Self::ROOT)
    }

    /// The names under the root's `properties`, in order, with the types that each allows.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&str, Types)> {
        self.properties.iter().map(|(name, id)| (name.as_str(), self.types_of(*id)))
    }

    fn node(&self, id: NodeId) -> &Node {
        // Every id was given out by the compiler for a place in this list; a false one would refuse.
        self.nodes.get(id.index()).unwrap_or(&Node::Never)
    }

    fn types_of(&self, id: NodeId) -> Types {
        match self.node(id) {
            Node::Always => Types::ALL,
            Node::Never => Types::NONE,
            // References at the same place never come round to where they began: the compiler refuses that.
            Node::Keywords(node) => node.keywords.iter().fold(Types::ALL, |types, keyword| match keyword {
                node::Keyword::Types(own) => types.both(*own),
                node::Keyword::Ref(target) => types.both(self.types_of(*target)),
                _ => types,
            }),
        }
    }
}

#[cfg(test)]
mod laws;

#[cfg(test)]
mod suite;

#[cfg(test)]
mod tests;
