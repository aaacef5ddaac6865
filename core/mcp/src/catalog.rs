//! What a registry serves, ready to be listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mxcp_core::call::CallContext;
use mxcp_core::definition::Kind;
use mxcp_core::registry::Registry;
use rmcp::model::{JsonObject, Prompt, Resource, ResourceTemplate, Tool};

use crate::page::{PAGE, Page, page};
use crate::wire;

/// How long a client may keep a list before it asks again, in milliseconds. Lists change only when an operator reloads the
/// project.
pub const LIST_TTL_MS: u64 = 60_000;

/// The lists of one registry: the project's endpoints in its order, then tools of the server's own.
#[derive(Debug)]
pub struct Catalog {
    /// Held so that its address can't be taken by a later generation.
    registry: Arc<Registry>,
    tools: Vec<Tool>,
    positions: BTreeMap<String, usize>,
    /// Names of the server's own tools.
    own: BTreeSet<String>,
    resources: Vec<Resource>,
    templates: Vec<ResourceTemplate>,
    prompts: Vec<Prompt>,
}

impl Catalog {
    /// The lists of a registry, with tools of the server's own, which give way to those of the project of the same name.
    #[must_use]
    pub fn new(registry: Arc<Registry>, own_tools: impl IntoIterator<Item = Tool>) -> Self {
        let mut tools: Vec<Tool> = registry.tools().iter().map(wire::tool).collect();
        let mut own = BTreeSet::new();
        for tool in own_tools {
            if !tools.iter().any(|other| other.name == tool.name) {
                own.insert(tool.name.to_string());
                tools.push(tool);
            }
        }
        let positions =
            tools.iter().enumerate().map(|(index, tool)| (tool.name.to_string(), index)).collect();
        let (templates, resources): (Vec<_>, Vec<_>) =
            registry.resources().into_iter().partition(|resource| resource.is_template);
        let resources = resources.iter().map(wire::resource).collect();
        let templates = templates.iter().map(wire::template).collect();
        let prompts = registry.prompts().iter().map(wire::prompt).collect();
        Self { registry, tools, positions, own, resources, templates, prompts }
    }

    /// The same lists with something added to the JSON Schema of the arguments of each tool whose results are shown in parts.
    #[must_use]
    pub fn with_arguments_of_parts(mut self, add: impl Fn(&mut JsonObject)) -> Self {
        for tool in &mut self.tools {
            let endpoint =
                self.registry.get(Kind::Tool, &tool.name).filter(|_| !self.own.contains(&*tool.name));
            if endpoint.is_some_and(|endpoint| endpoint.delivery.limits.is_some()) {
                add(Arc::make_mut(&mut tool.input_schema));
            }
        }
        self
    }

    /// Whether it is of this registry.
    #[must_use]
    pub fn describes(&self, registry: &Arc<Registry>) -> bool {
        Arc::ptr_eq(&self.registry, registry)
    }

    /// A tool whose existence is no secret: who asks is not known here, so nothing is said of those that hide
    /// themselves from some.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        if self.registry.get(Kind::Tool, name).is_some_and(|endpoint| endpoint.policies.hides()) {
            return None;
        }
        self.tools.get(*self.positions.get(name)?)
    }

    /// Whether a tool of this name is the server's own.
    #[must_use]
    pub fn is_own(&self, name: &str) -> bool {
        self.own.contains(name)
    }

    /// What follows a cursor of a list; none if it is no cursor of the caller's, who is only asked for where callers
    /// differ.
    pub fn page<T: Listed>(
        &self,
        cursor: Option<&str>,
        caller: impl FnOnce() -> CallContext,
    ) -> Option<Page<'_, T>> {
        let caller = self.registry.listings_differ().then(caller);
        let keep =
            |item: &T| caller.as_ref().is_none_or(|caller| self.is_visible(T::KIND, item.key(), caller));
        page(T::all(self), cursor, PAGE, T::key, keep)
    }

    /// Whether an endpoint is in the caller's listings. The server's own tools have no policies.
    fn is_visible(&self, kind: Kind, name: &str, caller: &CallContext) -> bool {
        kind == Kind::Tool && self.is_own(name) || self.registry.is_visible(kind, name, caller)
    }
}

/// Something that is listed.
pub trait Listed: Clone {
    /// What it is in the project.
    const KIND: Kind;

    /// All there are, in the order they are listed in.
    fn all(catalog: &Catalog) -> &[Self];

    /// The endpoint's name, which for a resource is its URI.
    fn key(&self) -> &str;
}

impl Listed for Tool {
    const KIND: Kind = Kind::Tool;

    fn all(catalog: &Catalog) -> &[Self] {
        &catalog.tools
    }

    fn key(&self) -> &str {
        &self.name
    }
}

impl Listed for Resource {
    const KIND: Kind = Kind::Resource;

    fn all(catalog: &Catalog) -> &[Self] {
        &catalog.resources
    }

    fn key(&self) -> &str {
        &self.uri
    }
}

impl Listed for ResourceTemplate {
    const KIND: Kind = Kind::Resource;

    fn all(catalog: &Catalog) -> &[Self] {
        &catalog.templates
    }

    fn key(&self) -> &str {
        &self.uri_template
    }
}

impl Listed for Prompt {
    const KIND: Kind = Kind::Prompt;

    fn all(catalog: &Catalog) -> &[Self] {
        &catalog.prompts
    }

    fn key(&self) -> &str {
        &self.name
    }
}
