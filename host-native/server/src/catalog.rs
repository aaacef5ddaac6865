//! What one generation serves, ready to be listed.

use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use mxcp_core::registry::Registry;
use mxcp_mcp::catalog;

use crate::sql_tools::{SqlTool, SqlTools};

/// The lists of one generation: the project's endpoints, and the built-in tools it does not replace.
#[derive(Debug)]
pub(crate) struct Catalog {
    listed: catalog::Catalog,
    built_in: Vec<SqlTool>,
    has_tasks: bool,
    first_tools: OnceLock<Option<Bytes>>,
}

impl Catalog {
    pub(crate) fn new(registry: Arc<Registry>, sql_tools: Option<&SqlTools>) -> Self {
        let (kinds, tools): (Vec<SqlTool>, Vec<_>) = sql_tools.into_iter().flat_map(SqlTools::list).unzip();
        let has_tasks = registry.endpoints().any(|endpoint| endpoint.delivery.task.is_some());
        let listed = catalog::Catalog::new(registry, tools);
        let built_in = kinds.into_iter().filter(|tool| listed.is_own(tool.name())).collect();
        Self { listed, built_in, has_tasks, first_tools: OnceLock::new() }
    }

    /// The same lists where the rows of results that are not shown can be asked for.
    pub(crate) fn with_cursors(self) -> Self {
        Self { listed: self.listed.with_arguments_of_parts(mxcp_runtime::offer_cursor), ..self }
    }

    /// Whether it is of this generation.
    pub(crate) fn describes(&self, registry: &Arc<Registry>) -> bool {
        self.listed.describes(registry)
    }

    /// What is listed.
    pub(crate) fn listed(&self) -> &catalog::Catalog {
        &self.listed
    }

    /// The first page of the tools as it goes over the wire, written by whoever asks for it first.
    pub(crate) fn first_tools(&self, write: impl FnOnce() -> Option<Bytes>) -> Option<Bytes> {
        self.first_tools.get_or_init(write).clone()
    }

    /// Whether calls of any tool may run as tasks.
    pub(crate) fn has_tasks(&self) -> bool {
        self.has_tasks
    }

    /// The built-in tool of this name, unless the project has one of its own.
    pub(crate) fn built_in(&self, name: &str) -> Option<SqlTool> {
        self.built_in.iter().copied().find(|tool| tool.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mxcp_core::call::{CallContext, Principal};
    use mxcp_core::definition::Kind;
    use mxcp_core::load::{self, Content, DefinitionFile};
    use mxcp_core::schema;
    use mxcp_core::value::Value;
    use rmcp::model::{Extensions, Tool};

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
        let page = catalog.listed().page::<Tool>(None, || caller(role)).unwrap();
        assert_eq!(page.next, None);
        page.items.iter().map(|tool| tool.name.to_string()).collect()
    }

    const ADMINS: &str = "{input: [{condition: \"user.role != 'admin'\", action: deny}]}";

    #[test]
    fn everybody_sees_the_same_and_nobody_is_asked_for_where_no_rule_tells_callers_apart() {
        let sql_tools = SqlTools::new(&schema::SqlTools::default());
        let registry = project(&[("free", "{}"), ("small", "{output: [{condition: 'true', action: deny}]}")]);
        let catalog = Catalog::new(registry, Some(&sql_tools));
        let page = catalog.listed().page::<Tool>(None, || unreachable!("nobody is asked for")).unwrap();
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
        assert!(catalog.listed().tool("admins").is_some());
        assert!(catalog.listed().tool("secret").is_none());
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
        let own = project(&[("free", "{}")]);
        assert!(Catalog::new(Arc::clone(&own), None).describes(&own));
    }
}
