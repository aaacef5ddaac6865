//! What one generation serves, ready to be listed.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_core::registry::Registry;
use rmcp::model::{Prompt, Resource, ResourceTemplate, Tool};

use crate::listing::Listing;
use crate::sql_tools::{SqlTool, SqlTools};
use crate::wire;

/// Most tools in one answer. Many clients never ask for a second page, so it is far beyond any project's number of tools
/// that a model could still choose from.
const PAGE: usize = 1000;

/// The tools of one generation: the project's in its order, then the built-in ones it does not replace.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Held so that its address can't be taken by a later generation.
    registry: Arc<Registry>,
    tools: Vec<Tool>,
    positions: HashMap<String, usize>,
    built_in: Vec<SqlTool>,
    /// Resources without placeholders.
    pub(crate) resources: Listing<Resource>,
    /// Resources with placeholders.
    pub(crate) templates: Listing<ResourceTemplate>,
    pub(crate) prompts: Listing<Prompt>,
}

/// Some of the tools, and where the rest begins.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) tools: &'a [Tool],
    pub(crate) next: Option<String>,
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
        Self {
            registry,
            tools,
            positions,
            built_in,
            resources: Listing::new(resources, |resource| &resource.uri),
            templates: Listing::new(templates, |template| &template.uri_template),
            prompts: Listing::new(prompts, |prompt| &prompt.name),
        }
    }

    /// Whether it is of this generation.
    pub(crate) fn describes(&self, registry: &Arc<Registry>) -> bool {
        Arc::ptr_eq(&self.registry, registry)
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.get(*self.positions.get(name)?)
    }

    /// The built-in tool of this name, unless the project has one of its own.
    pub(crate) fn built_in(&self, name: &str) -> Option<SqlTool> {
        self.built_in.iter().copied().find(|tool| tool.name() == name)
    }

    /// The tools that follow a cursor; none if it is no cursor of this list.
    pub(crate) fn page(&self, cursor: Option<&str>) -> Option<Page<'_>> {
        self.page_of(cursor, PAGE)
    }

    fn page_of(&self, cursor: Option<&str>, size: usize) -> Option<Page<'_>> {
        let start = match cursor {
            None => 0,
            Some(cursor) => self.position(cursor)? + 1,
        };
        let end = (start + size).min(self.tools.len());
        let tools = self.tools.get(start..end)?;
        let last = tools.last().filter(|_| end < self.tools.len());
        Some(Page { tools, next: last.map(|tool| URL_SAFE_NO_PAD.encode(tool.name.as_bytes())) })
    }

    /// A cursor names the last tool seen, so it stays right when a reload adds or removes others.
    fn position(&self, cursor: &str) -> Option<usize> {
        let name = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        self.positions.get(&name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mxcp_core::schema;

    fn catalog() -> Catalog {
        let sql_tools = SqlTools::new(&schema::SqlTools::default());
        Catalog::new(Arc::new(Registry::default()), Some(&sql_tools))
    }

    fn names(page: &Page<'_>) -> Vec<String> {
        page.tools.iter().map(|tool| tool.name.to_string()).collect()
    }

    #[test]
    fn lists_everything_on_one_page_without_a_cursor() {
        let catalog = catalog();
        let page = catalog.page(None).unwrap();
        assert_eq!(names(&page), ["execute_sql_query", "list_tables", "get_table_schema"]);
        assert_eq!(page.next, None);
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition() {
        let catalog = catalog();
        let first = catalog.page_of(None, 2).unwrap();
        assert_eq!(names(&first), ["execute_sql_query", "list_tables"]);
        let second = catalog.page_of(first.next.as_deref(), 2).unwrap();
        assert_eq!(names(&second), ["get_table_schema"]);
        assert_eq!(second.next, None);
    }

    #[test]
    fn a_foreign_cursor_is_no_cursor() {
        let catalog = catalog();
        assert!(catalog.page(Some("%%%")).is_none());
        assert!(catalog.page(Some(&URL_SAFE_NO_PAD.encode("no_such_tool"))).is_none());
    }

    #[test]
    fn another_registry_is_another_generation() {
        let catalog = catalog();
        assert!(!catalog.describes(&Arc::new(Registry::default())));
        let own = Arc::clone(&catalog.registry);
        assert!(catalog.describes(&own));
    }
}
