//! The interface `listing`.

use mxcp_core::definition::Kind as CoreKind;

use crate::bindings::exports::mxcp::core::listing::{
    Context, Error, Guest, Kind, Prompt, ResourceEntry, ResourceMatch, Tool,
};
use crate::bindings::exports::mxcp::core::registry::ProjectBorrow;
use crate::registry::Registry;
use crate::{Component, convert};

impl Guest for Component {
    fn tools(project: ProjectBorrow<'_>) -> Vec<Tool> {
        let project = project.get::<Registry>();
        let tools = project.0.tools().iter();
        tools.map(|tool| convert::tool(tool, project.tags(CoreKind::Tool, &tool.name))).collect()
    }

    fn resources(project: ProjectBorrow<'_>) -> Vec<ResourceEntry> {
        let project = project.get::<Registry>();
        let entry = |resource: mxcp_core::registry::ResourceDescription| {
            let tags = project.tags(CoreKind::Resource, &resource.uri);
            convert::resource(resource, tags)
        };
        project.0.resources().into_iter().map(entry).collect()
    }

    fn prompts(project: ProjectBorrow<'_>) -> Vec<Prompt> {
        let project = project.get::<Registry>();
        let entry = |prompt: mxcp_core::registry::PromptDescription| {
            let tags = project.tags(CoreKind::Prompt, &prompt.name);
            convert::prompt(prompt, tags)
        };
        project.0.prompts().into_iter().map(entry).collect()
    }

    fn differ(project: ProjectBorrow<'_>) -> bool {
        project.get::<Registry>().0.listings_differ()
    }

    fn visible(project: ProjectBorrow<'_>, kind: Kind, context: Context) -> Result<Vec<String>, Error> {
        let context = convert::context(context)?;
        let visible = project.get::<Registry>().0.visible(convert::kind(kind), &context);
        Ok(visible.map(|endpoint| endpoint.name.clone()).collect())
    }

    fn resources_at(project: ProjectBorrow<'_>, uri: String) -> Vec<ResourceMatch> {
        project.get::<Registry>().0.resources_at(&uri).map(convert::resource_match).collect()
    }
}

impl Registry {
    fn tags(&self, kind: CoreKind, name: &str) -> Vec<String> {
        self.0.get(kind, name).map(|endpoint| endpoint.tags.clone()).unwrap_or_default()
    }
}
