//! What a project was, is, and what changed in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_core::definition::{Endpoint, Implementation, Kind};
use mxcp_core::registry::Registry;

/// The endpoints of a project between two reloads, and when what changed.
#[derive(Clone, Debug, Default)]
pub struct Generation {
    registry: Arc<Registry>,
    number: u64,
    changes: Changes,
}

/// The number of the generation in which something last changed, so that who was looking elsewhere for a while misses
/// nothing.
#[derive(Clone, Debug, Default)]
struct Changes {
    lists: BTreeMap<Kind, u64>,
    /// By URI template as written.
    resources: BTreeMap<String, u64>,
}

impl Generation {
    /// The first generation.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { registry: Arc::new(registry), ..Self::default() }
    }

    /// Its endpoints.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Which one it is: 0 for the first, and one more for each that follows.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether what is listed of a kind is another than it was in an earlier generation.
    #[must_use]
    pub fn list_changed_since(&self, kind: Kind, earlier: u64) -> bool {
        self.changes.lists.get(&kind).is_some_and(|changed| *changed > earlier)
    }

    /// Whether a resource reads, or may read, otherwise than in an earlier generation: its definition or its source is
    /// another, or it is gone, or back. `template` is its URI template as written.
    #[must_use]
    pub fn resource_changed_since(&self, template: &str, earlier: u64) -> bool {
        self.changes.resources.get(template).is_some_and(|changed| *changed > earlier)
    }

    /// Whether anything that clients can see is another than in an earlier generation.
    #[must_use]
    pub fn differs_since(&self, earlier: u64) -> bool {
        let mut changes = self.changes.lists.values().chain(self.changes.resources.values());
        changes.any(|changed| *changed > earlier)
    }

    /// Whether an endpoint is in it whose files say the very same.
    #[must_use]
    pub fn has_same(&self, endpoint: &Endpoint) -> bool {
        let own = self.registry.get(endpoint.kind, &endpoint.name);
        own.is_some_and(|own| {
            own.file.path() == endpoint.file.path() && Written::of(own) == Written::of(endpoint)
        })
    }

    /// The generation that follows this one.
    pub(crate) fn followed_by(&self, registry: Registry) -> Self {
        let (before, after) = (&*self.registry, &registry);
        let number = self.number + 1;
        let mut changes = self.changes.clone();
        let same_tools = before.tools() == after.tools();
        let same = |kind| endpoints(before, kind).map(Listed::of).eq(endpoints(after, kind).map(Listed::of));
        let changed = [
            (Kind::Tool, !same_tools),
            (Kind::Resource, !same(Kind::Resource)),
            (Kind::Prompt, !same(Kind::Prompt)),
        ];
        changes
            .lists
            .extend(changed.into_iter().filter(|(_, changed)| *changed).map(|(kind, _)| (kind, number)));
        for resource in endpoints(before, Kind::Resource).chain(endpoints(after, Kind::Resource)) {
            let one = before.get(Kind::Resource, &resource.name);
            let other = after.get(Kind::Resource, &resource.name);
            if one.map(|endpoint| Written::of(endpoint)) != other.map(|endpoint| Written::of(endpoint)) {
                changes.resources.insert(resource.name.clone(), number);
            }
        }
        Self { registry: Arc::new(registry), number, changes }
    }
}

fn endpoints(registry: &Registry, kind: Kind) -> impl Iterator<Item = &Endpoint> {
    registry.endpoints().map(|endpoint| &**endpoint).filter(move |endpoint| endpoint.kind == kind)
}

/// What a list shows of a resource or prompt.
#[derive(Debug, PartialEq)]
struct Listed<'a> {
    name: &'a str,
    title: Option<&'a str>,
    description: Option<&'a str>,
    mime_type: Option<&'a str>,
    tags: &'a [String],
    parameters: String,
}

impl<'a> Listed<'a> {
    fn of(endpoint: &'a Endpoint) -> Self {
        Self {
            name: &endpoint.name,
            title: endpoint.title.as_deref(),
            description: endpoint.description.as_deref(),
            mime_type: endpoint.mime_type.as_deref(),
            tags: &endpoint.tags,
            parameters: endpoint.parameters.input_schema().to_string(),
        }
    }
}

/// What stands in the files of an endpoint, as far as they are read when a project loads.
#[derive(Debug, PartialEq, Eq)]
struct Written<'a> {
    definition: &'a str,
    code: Option<&'a str>,
}

impl<'a> Written<'a> {
    fn of(endpoint: &'a Endpoint) -> Self {
        let code = match &endpoint.implementation {
            Implementation::Sql(sql) => Some(sql.text.as_str()),
            Implementation::Python(source) => Some(source.text.text()),
            Implementation::Component(source) => Some(source.digest.as_str()),
            _ => None,
        };
        Self { definition: endpoint.file.text(), code }
    }
}

#[cfg(test)]
mod tests;
