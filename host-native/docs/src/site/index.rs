//! The page that leads to all others.

use mxcp_core::definition::{Endpoint, Kind};
use serde::Serialize;

use super::{Frame, Site};
use crate::prose::Prose;

/// What stands on it.
#[derive(Debug, Serialize)]
pub(super) struct Index<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    groups: Vec<Group<'a>>,
    tags: Vec<&'a str>,
    total: usize,
}

/// The endpoints of a kind.
#[derive(Debug, Serialize)]
struct Group<'a> {
    kind: &'static str,
    title: &'static str,
    entries: Vec<Entry<'a>>,
}

/// A link to an endpoint.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    href: &'a str,
    name: &'a str,
    title: Option<&'a str>,
    summary: Option<Prose>,
    tags: &'a [String],
    read_only: bool,
    destructive: bool,
    guarded: bool,
    /// What the search looks at, in lower case.
    words: String,
}

impl Site {
    pub(super) fn index(&self) -> Index<'_> {
        let groups = Kind::ALL.map(|kind| {
            let own =
                self.registry.endpoints().zip(&self.endpoints).filter(|(endpoint, _)| endpoint.kind == kind);
            let title = match kind {
                Kind::Tool => "Tools",
                Kind::Resource => "Resources",
                Kind::Prompt => "Prompts",
            };
            Group {
                kind: kind.as_str(),
                title,
                entries: own.map(|(endpoint, href)| Entry::of(endpoint, href)).collect(),
            }
        });
        Index {
            frame: self.frame(""),
            total: self.endpoints.len(),
            groups: groups.into_iter().filter(|group| !group.entries.is_empty()).collect(),
            tags: self.tags().into_iter().collect(),
        }
    }
}

impl<'a> Entry<'a> {
    fn of(endpoint: &'a Endpoint, href: &'a str) -> Self {
        let annotations = endpoint.annotations.as_ref();
        let title = super::endpoint::title(endpoint);
        let description = endpoint.description.as_deref().unwrap_or_default();
        let words = [&endpoint.name, title.unwrap_or_default(), description].join(" ").to_lowercase();
        Self {
            href,
            name: &endpoint.name,
            title,
            summary: Prose::paragraphs(description).into_iter().next(),
            tags: &endpoint.tags,
            read_only: annotations.and_then(|hints| hints.read_only_hint) == Some(true),
            destructive: annotations.and_then(|hints| hints.destructive_hint) == Some(true),
            guarded: !endpoint.policies.is_empty(),
            words,
        }
    }
}
