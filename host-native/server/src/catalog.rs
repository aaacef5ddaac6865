//! What one generation serves, ready to be listed.

use std::collections::HashMap;
use std::sync::Arc;

use mxcp_core::call::CallContext;
use mxcp_core::definition::Kind;
use mxcp_core::registry::Registry;
use rmcp::model::{Prompt, Resource, ResourceTemplate, Tool};

use crate::listing::Listed;
use crate::page::{PAGE, Page, page};
use crate::sql_tools::{SqlTool, SqlTools};
use crate::wire;

/// The tools of one generation: the project's in its order, then the built-in ones it does not replace.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Held so that its address can't be taken by a later generation.
    registry: Arc<Registry>,
    pub(crate) tools: Vec<Tool>,
    positions: HashMap<String, usize>,
    built_in: Vec<SqlTool>,
    /// Resources without placeholders.
    pub(crate) resources: Vec<Resource>,
    /// Resources with placeholders.
    pub(crate) templates: Vec<ResourceTemplate>,
    pub(crate) prompts: Vec<Prompt>,
}

impl Catalog {
    pub(crate) fn new(registry: Arc<Registry>, sql_tools: Option<&SqlTools>) -> Self {
        let mut tools: Vec<Tool> = registry.tools().iter().map(wire::tool).collect();
        let mut built_in = Vec::new();
        for (kind, tool) in sql_tools.into_iter().flat_map(SqlTools::list) {
            if !tools.iter().any(|own| own.name == tool.name) {
                built_in.push(kind);
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
        Self { registry, tools, positions, built_in, resources, templates, prompts }
    }

    /// Whether it is of this generation.
    pub(crate) fn describes(&self, registry: &Arc<Registry>) -> bool {
        Arc::ptr_eq(&self.registry, registry)
    }

    /// A tool whose existence is no secret: who asks is not known here, so nothing is said of those that hide
    /// themselves from some.
    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        if self.registry.get(Kind::Tool, name).is_some_and(|endpoint| endpoint.policies.hides()) {
            return None;
        }
        self.tools.get(*self.positions.get(name)?)
    }

    /// The built-in tool of this name, unless the project has one of its own.
    pub(crate) fn built_in(&self, name: &str) -> Option<SqlTool> {
        self.built_in.iter().copied().find(|tool| tool.name() == name)
    }

    /// What follows a cursor of a list; none if it is no cursor of the caller's, who is only asked for where callers
    /// differ.
    pub(crate) fn page<T: Listed>(
        &self,
        cursor: Option<&str>,
        caller: impl FnOnce() -> CallContext,
    ) -> Option<Page<'_, T>> {
        let caller = self.registry.listings_differ().then(caller);
        let keep =
            |item: &T| caller.as_ref().is_none_or(|caller| self.is_visible(T::KIND, item.key(), caller));
        page(T::all(self), cursor, PAGE, T::key, keep)
    }

    /// Whether an endpoint is in the caller's listings. The built-in tools have no policies.
    fn is_visible(&self, kind: Kind, name: &str, caller: &CallContext) -> bool {
        kind == Kind::Tool && self.built_in(name).is_some() || self.registry.is_visible(kind, name, caller)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mxcp_core::call::Principal;
    use mxcp_core::load::{self, Content, DefinitionFile};
    use mxcp_core::schema;
    use mxcp_core::value::Value;
    use rmcp::model::Extensions;

    use super::*;
    use crate::context::{self, RequestIds};

    fn catalog() -> Catalog {
        let sql_tools = SqlTools::new(&schema::SqlTools::default());
        Catalog::new(Arc::new(Registry::default()), Some(&sql_tools))
    }

    fn project(tools: &[(&str, &str)]) -> Arc<Registry> {
        let file = |(name, policies): &(&str, &str)| DefinitionFile {
            path: format!("tools/{name}.yml"),
            kind: Kind::Tool,
            content: Content::Bytes(
                format!("tool: {{name: {name}, source: {{code: SELECT 1}}, policies: {policies}}}")
                    .into_bytes(),
            ),
        };
        let loaded = load::parse(tools.iter().map(file).collect()).load(&BTreeMap::new());
        assert_eq!(loaded.registry.endpoints().count(), tools.len(), "{:?}", loaded.files);
        Arc::new(loaded.registry)
    }

    fn caller(role: Option<&str>) -> CallContext {
        let profile = |role| Value::Object([("role", Value::string(role))].into_iter().collect());
        let principal = role.map(|role| Arc::new(Principal::from_context(profile(role), "test").unwrap()));
        CallContext { principal, ..context::of_request(&RequestIds::new(), &Extensions::new()) }
    }

    fn names(catalog: &Catalog, role: Option<&str>) -> Vec<String> {
        let page = catalog.page::<Tool>(None, || caller(role)).unwrap();
        assert_eq!(page.next, None);
        page.items.iter().map(|tool| tool.name.to_string()).collect()
    }

    const ADMINS: &str = "{input: [{condition: \"user.role != 'admin'\", action: deny}]}";

    #[test]
    fn everybody_sees_the_same_and_nobody_is_asked_for_where_no_rule_tells_callers_apart() {
        let sql_tools = SqlTools::new(&schema::SqlTools::default());
        let registry = project(&[("free", "{}"), ("small", "{output: [{condition: 'true', action: deny}]}")]);
        let catalog = Catalog::new(registry, Some(&sql_tools));
        let page = catalog.page::<Tool>(None, || unreachable!("nobody is asked for")).unwrap();
        let names: Vec<&str> = page.items.iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["free", "small", "execute_sql_query", "list_tables", "get_table_schema"]);
    }

    #[test]
    fn a_caller_sees_what_some_arguments_could_open() {
        let catalog = Catalog::new(project(&[("admins", ADMINS), ("free", "{}")]), None);
        assert_eq!(names(&catalog, Some("admin")), ["admins", "free"]);
        assert_eq!(names(&catalog, None), ["free"]);
    }

    #[test]
    fn who_asks_for_a_tool_by_name_alone_learns_nothing_of_those_that_hide() {
        let hiding = "{hide: true, input: [{condition: \"user.role != 'admin'\", action: deny}]}";
        let catalog = Catalog::new(project(&[("admins", ADMINS), ("secret", hiding)]), None);
        assert!(catalog.tool("admins").is_some());
        assert!(catalog.tool("secret").is_none());
        assert_eq!(names(&catalog, Some("admin")), ["admins", "secret"]);
    }

    #[test]
    fn a_hidden_tool_of_the_project_does_not_give_way_to_the_built_in_one() {
        let sql_tools = SqlTools::new(&schema::SqlTools::default());
        let catalog = Catalog::new(project(&[("list_tables", ADMINS)]), Some(&sql_tools));
        assert_eq!(names(&catalog, None), ["execute_sql_query", "get_table_schema"]);
        assert_eq!(names(&catalog, Some("admin")), ["list_tables", "execute_sql_query", "get_table_schema"]);
    }

    #[test]
    fn another_registry_is_another_generation() {
        let catalog = catalog();
        assert!(!catalog.describes(&Arc::new(Registry::default())));
        let own = Arc::clone(&catalog.registry);
        assert!(catalog.describes(&own));
    }
}
