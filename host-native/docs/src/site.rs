//! The site: which pages there are, and what stands on them.

mod assets;
mod endpoint;
mod index;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mxcp_core::definition::{Endpoint, Kind};
use mxcp_core::registry::Registry;
use serde::Serialize;

use crate::page::{Error, Page};
use crate::slug::slug;
use crate::template;

const HTML: &str = "text/html; charset=utf-8";

/// What the site says, and for which surroundings it is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the project.
    pub project: String,
    /// Version of the program, for the foot of each page.
    pub version: String,
    /// Whether implementations are shown.
    pub source: bool,
    /// Whether there is an inspector. It talks to the server, so a site in a folder has none.
    pub inspector: bool,
    /// Whether endpoints that hide from callers are shown. A site that callers reach would tell them what `hide`
    /// keeps from them.
    pub hidden: bool,
}

/// A website about the endpoints of a project.
#[derive(Debug)]
pub struct Site {
    registry: Arc<Registry>,
    options: Options,
    pages: BTreeMap<String, Content>,
    /// The endpoints that are shown with the paths of their pages, in the order of the registry.
    endpoints: Vec<(String, Arc<Endpoint>)>,
}

/// What a path leads to.
#[derive(Clone, Debug)]
enum Content {
    Index,
    Inspector,
    Endpoint(Arc<Endpoint>),
    Asset(&'static assets::Asset),
}

/// What the layout of every page needs.
#[derive(Debug, Serialize)]
struct Frame<'a> {
    project: &'a str,
    version: &'a str,
    inspector: bool,
    /// What leads from the page to the root of the site: nothing, or `../`.
    root: &'a str,
}

impl Site {
    /// A site about the endpoints of a registry.
    #[must_use]
    pub fn new(registry: Arc<Registry>, options: Options) -> Self {
        let mut pages = BTreeMap::from([("index.html".to_owned(), Content::Index)]);
        if options.inspector {
            pages.insert("inspector".to_owned(), Content::Inspector);
        }
        for asset in assets::ALL.iter().filter(|asset| options.inspector || !asset.inspector) {
            pages.insert(asset.path.to_owned(), Content::Asset(asset));
        }
        let mut endpoints = Vec::new();
        for endpoint in registry.endpoints().filter(|endpoint| options.hidden || !endpoint.policies.hides()) {
            let path = free_path(&pages, endpoint);
            endpoints.push((path.clone(), Arc::clone(endpoint)));
            pages.insert(path, Content::Endpoint(Arc::clone(endpoint)));
        }
        Self { registry, options, pages, endpoints }
    }

    /// The registry that it is about.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The paths of all pages.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.pages.keys().map(String::as_str)
    }

    /// The page at a path, rendered; none if there is none.
    #[must_use]
    pub fn page(&self, path: &str) -> Option<Result<Page, Error>> {
        let content = self.pages.get(path)?;
        let page = |content_type, body| Page { path: path.to_owned(), content_type, body };
        let rendered = match content {
            Content::Asset(asset) => return Some(Ok(page(asset.content_type, asset.body.to_owned()))),
            Content::Index => template::render("index.html", path, &self.index()),
            Content::Inspector => template::render("inspector.html", path, &self.frame("")),
            Content::Endpoint(endpoint) => {
                template::render("endpoint.html", path, &self.endpoint(path, endpoint))
            }
        };
        Some(rendered.map(|body| page(HTML, body)))
    }

    /// Every page.
    ///
    /// # Errors
    /// A template has a defect.
    pub fn render(&self) -> Result<Vec<Page>, Error> {
        self.paths().filter_map(|path| self.page(path)).collect()
    }

    fn frame<'a>(&'a self, root: &'a str) -> Frame<'a> {
        let Options { project, version, inspector, .. } = &self.options;
        Frame { project, version, inspector: *inspector, root }
    }

    /// The labels of all endpoints.
    fn tags(&self) -> BTreeSet<&str> {
        self.endpoints.iter().flat_map(|(_, endpoint)| endpoint.tags.iter().map(String::as_str)).collect()
    }
}

/// The folder of a kind's pages.
fn folder(kind: Kind) -> &'static str {
    match kind {
        Kind::Tool => "tools",
        Kind::Resource => "resources",
        Kind::Prompt => "prompts",
    }
}

fn free_path(pages: &BTreeMap<String, Content>, endpoint: &Endpoint) -> String {
    let (folder, slug) = (folder(endpoint.kind), slug(&endpoint.name));
    let numbered = (2..).map(|number| format!("{folder}/{slug}.{number}.html"));
    // Two names with the same slug are next to impossible, yet a page must never hide another one.
    let mut paths = std::iter::once(format!("{folder}/{slug}.html")).chain(numbered);
    paths.find(|path| !pages.contains_key(path)).unwrap_or_default()
}
