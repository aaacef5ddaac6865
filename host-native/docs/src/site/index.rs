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
    /// What the search looks at besides what is shown.
    words: Option<String>,
}

/// Most bytes of a description that a card shows: a little more than the three lines there is room for.
const SUMMARY: usize = 300;

/// What a card shows of a description, which is its first paragraph as far as there is room for it, and the rest.
/// A project may have very many endpoints, so nothing is sent twice.
fn start_of(description: &str) -> (&str, &str) {
    let text = description.trim();
    let is_empty = |rest: &str| rest.lines().next().is_none_or(|line| line.trim().is_empty());
    let mut ends = text.match_indices('\n').map(|(at, _)| at);
    let end = ends.find(|at| text.get(at + 1..).is_none_or(is_empty)).unwrap_or(text.len());
    if end <= SUMMARY {
        return text.split_at(end);
    }
    let room = text.get(..text.floor_char_boundary(SUMMARY)).unwrap_or_default();
    text.split_at(room.rfind(char::is_whitespace).unwrap_or(room.len()))
}

impl Site {
    pub(super) fn index(&self) -> Index<'_> {
        let groups = Kind::ALL.map(|kind| {
            let own = self.endpoints.iter().filter(|(_, endpoint)| endpoint.kind == kind);
            let title = match kind {
                Kind::Tool => "Tools",
                Kind::Resource => "Resources",
                Kind::Prompt => "Prompts",
            };
            Group {
                kind: kind.as_str(),
                title,
                entries: own.map(|(href, endpoint)| Entry::of(endpoint, href)).collect(),
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
        let (summary, rest) = start_of(description);
        let is_cut = rest.starts_with(|next| next != '\n');
        Self {
            href,
            name: &endpoint.name,
            title,
            summary: Prose::paragraphs(summary)
                .into_iter()
                .next()
                .map(|start| start.text(if is_cut { "…" } else { "" })),
            tags: &endpoint.tags,
            read_only: annotations.and_then(|hints| hints.read_only_hint) == Some(true),
            destructive: annotations.and_then(|hints| hints.destructive_hint) == Some(true),
            guarded: !endpoint.policies.is_empty(),
            words: Some(rest.split_whitespace().collect::<Vec<_>>().join(" "))
                .filter(|rest| !rest.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_shows_the_first_paragraph_and_nothing_of_the_rest_is_lost() {
        assert_eq!(start_of("\n one\ntwo\n \nthree\n"), ("one\ntwo", "\n \nthree"));
        assert_eq!(start_of("one"), ("one", ""));
        let long = "wörter ".repeat(100);
        let (start, rest) = start_of(&long);
        assert!(start.len() <= SUMMARY && start.ends_with("wörter"), "{start}");
        assert_eq!(format!("{start}{rest}"), long.trim());
        assert_eq!(start_of(&"ö".repeat(500)).0.len(), SUMMARY);
    }
}
