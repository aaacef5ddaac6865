//! What a model may call.

use std::collections::BTreeSet;

use mxcp_core::call::CallContext;
use mxcp_core::definition::{Endpoint, Kind};
use mxcp_core::registry::Registry;
use mxcp_core::types::OutputEffects;
use serde_json::Value as Json;

/// The longest name that every service takes.
const LONGEST_NAME: usize = 64;

/// The endpoints that a caller may know of, as tools of a model: tools, then resources.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) tools: Vec<Tool>,
}

/// An endpoint as a tool of a model.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    /// What the project knows it by.
    pub(crate) name: String,
    /// What the model knows it by where services are particular about names.
    pub(crate) offered_as: String,
    /// What it does; empty if the author doesn't say.
    pub(crate) description: String,
    /// JSON Schema of its arguments.
    pub(crate) input_schema: Json,
    /// JSON Schema of its result, if it declares one.
    pub(crate) returns: Option<Json>,
    /// Labels.
    pub(crate) tags: Vec<String>,
}

impl Offer {
    /// What the caller may know of.
    pub(crate) fn to(registry: &Registry, caller: &CallContext) -> Self {
        let mut names = BTreeSet::new();
        let kinds = [Kind::Tool, Kind::Resource].into_iter();
        let endpoints = kinds.flat_map(|kind| registry.visible(kind, caller));
        Self { tools: endpoints.map(|endpoint| Tool::of(endpoint, &mut names)).collect() }
    }

    /// The tool of a name: its own, or the one under which it was offered.
    pub(crate) fn find(&self, name: &str) -> Option<&Tool> {
        let named = self.tools.iter().find(|tool| tool.name == name);
        named.or_else(|| self.tools.iter().find(|tool| tool.offered_as == name))
    }
}

impl Tool {
    /// `names` are those that others have.
    fn of(endpoint: &Endpoint, names: &mut BTreeSet<String>) -> Self {
        let offered_as = unique(&endpoint.name, names);
        names.insert(offered_as.clone());
        Self {
            name: endpoint.name.clone(),
            offered_as,
            description: endpoint.description.clone().unwrap_or_default(),
            input_schema: endpoint.parameters.input_schema(),
            returns: endpoint.returns.as_ref().map(|returns| {
                let mut schema = returns.output_schema(&OutputEffects::default());
                match schema.pointer_mut("/properties/result") {
                    Some(result) if returns.is_wrapped() => result.take(),
                    _ => schema,
                }
            }),
            tags: endpoint.tags.clone(),
        }
    }
}

/// A name as every service takes it: ASCII letters, digits, `_` and `-`, and not too many of them.
fn unique(name: &str, taken: &BTreeSet<String>) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let plain: String = name.chars().map(|it| if fits(it) { it } else { '_' }).take(LONGEST_NAME).collect();
    let numbered = (2_u64..).map(|number| {
        let number = format!("_{number}");
        let kept: String = plain.chars().take(LONGEST_NAME - number.len()).collect();
        kept + &number
    });
    let mut candidates = std::iter::once(plain.clone()).chain(numbered);
    candidates.find(|candidate| !candidate.is_empty() && !taken.contains(candidate)).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_short_and_unique() {
        let mut taken = BTreeSet::new();
        let mut name = |name: &str| {
            let unique = unique(name, &taken);
            taken.insert(unique.clone());
            unique
        };
        assert_eq!(name("orders"), "orders");
        assert_eq!(name("item://{id}"), "item____id_");
        assert_eq!(name("item://[id]"), "item____id__2");
        assert_eq!(name(&"x".repeat(80)), "x".repeat(64));
        assert_eq!(name(&"x".repeat(81)), format!("{}_2", "x".repeat(62)));
        assert_eq!(name(""), "_2");
    }
}
