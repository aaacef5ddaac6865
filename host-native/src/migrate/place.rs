//! A value of a YAML file and its place, to walk through files without knowing whether they are right.

use mxcp_core::source::Span;
use mxcp_core::yaml::{Data, DocPath, Document, Node};

/// A value in a document.
#[derive(Clone, Debug)]
pub(super) struct At<'d> {
    document: &'d Document,
    node: &'d Node,
    path: DocPath,
}

impl<'d> At<'d> {
    /// The root of a document.
    pub(super) fn root(document: &'d Document) -> Self {
        Self { document, node: document.root(), path: DocPath::root() }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let entry = self.node.entry(key)?;
        Some(Self { document: self.document, node: &entry.value, path: self.path.key(key) })
    }

    /// The items of a list; none if it is no list.
    pub(super) fn items(&self) -> Vec<Self> {
        let Data::Sequence(items) = &self.node.data else { return Vec::new() };
        let at = |(index, node)| Self { document: self.document, node, path: self.path.index(index) };
        items.iter().enumerate().map(at).collect()
    }

    /// The items of a list under a key.
    pub(super) fn list(&self, key: &str) -> Vec<Self> {
        self.get(key).map(|list| list.items()).unwrap_or_default()
    }

    /// The entries of a mapping by key; none if it is no mapping.
    pub(super) fn entries(&self) -> Vec<(&'d str, Self)> {
        let Data::Mapping(entries) = &self.node.data else { return Vec::new() };
        let at = |entry: &'d mxcp_core::yaml::Entry| {
            let path = self.path.key(entry.key.as_str());
            (entry.key.as_str(), Self { document: self.document, node: &entry.value, path })
        };
        entries.iter().map(at).collect()
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&'d str> {
        self.node.as_str()
    }

    /// The text under a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&'d str> {
        self.node.entry(key)?.value.as_str()
    }

    /// What kind of value it is.
    pub(super) fn data(&self) -> &'d Data {
        &self.node.data
    }

    /// Whether a key is there and true.
    pub(super) fn is_true(&self, key: &str) -> bool {
        matches!(self.node.entry(key).map(|entry| &entry.value.data), Some(Data::Bool(true)))
    }

    /// Where it stands.
    pub(super) fn span(&self) -> Span {
        self.document.span(&self.path)
    }

    /// Where its key stands.
    pub(super) fn key_span(&self) -> Span {
        self.document.key_span(&self.path)
    }

    /// Where a part of its text stands.
    pub(super) fn span_within(&self, within: std::ops::Range<usize>) -> Span {
        self.document.span_within(&self.path, within)
    }

    /// Its dotted path.
    pub(super) fn path(&self) -> String {
        self.path.to_string()
    }

    /// Every text below it, itself included.
    pub(super) fn texts(&self) -> Vec<(Self, &'d str)> {
        match self.data() {
            Data::String { text, .. } => vec![(self.clone(), text.as_str())],
            Data::Sequence(_) => self.items().iter().flat_map(At::texts).collect(),
            Data::Mapping(_) => self.entries().iter().flat_map(|(_, at)| at.texts()).collect(),
            _ => Vec::new(),
        }
    }
}
