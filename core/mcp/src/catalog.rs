//! What a registry serves, ready to be listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mxcp_core::call::CallContext;
use mxcp_core::definition::Kind;
use mxcp_core::registry::Registry;
use rmcp::model::{JsonObject, Prompt, Resource, ResourceTemplate, Tool};
use serde_json::Value;

use crate::page::{PAGE, Page, page};
use crate::wire;

/// How long a client may keep a list before it asks again, in milliseconds. Lists change only when an operator reloads the
/// project.
pub const LIST_TTL_MS: u64 = 60_000;

/// What names the header of a parameter in its JSON Schema (SEP-2243).
const HEADER_OF_PARAMETER: &str = "x-mcp-header";

/// The lists of one registry: the project's endpoints in its order, then tools of the server's own.
#[derive(Debug)]
pub struct Catalog {
    /// Held so that its address can't be taken by a later generation.
    registry: Arc<Registry>,
    tools: Vec<Tool>,
    positions: BTreeMap<String, usize>,
    /// Names of the server's own tools.
    own: BTreeSet<String>,
    /// Names of the tools whose arguments are said in headers as well.
    in_headers: BTreeSet<String>,
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
        let in_headers = tools.iter().filter(|tool| tool.input_schema.values().any(names_header));
        let in_headers = in_headers.map(|tool| tool.name.to_string()).collect();
        Self { registry, tools, positions, own, in_headers, resources, templates, prompts }
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

    /// Whether arguments of a tool may be said in headers of a request as well (SEP-2243), so that both are to be compared.
    #[must_use]
    pub fn reads_headers(&self, name: &str) -> bool {
        self.in_headers.contains(name)
    }

    /// The first page of a list, if it is the same for all callers.
    #[must_use]
    pub fn common_page<T: Listed>(&self) -> Option<Page<'_, T>> {
        if self.registry.listings_differ() { None } else { page(T::all(self), None, PAGE, T::key, |_| true) }
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

/// Whether a part of a JSON Schema names the header that a value is also said in.
fn names_header(schema: &Value) -> bool {
    match schema {
        Value::Object(object) => {
            object.iter().any(|(key, value)| key == HEADER_OF_PARAMETER || names_header(value))
        }
        Value::Array(items) => items.iter().any(names_header),
        _ => false,
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
