//! A parsed file.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::node::{Data, Node};
use super::path::{DocPath, Part};
use super::{deserialize, parse};
use crate::diagnostic::Diagnostics;
use crate::source::{SourceFile, Span};

/// A file and its marked tree.
#[derive(Debug)]
pub struct Document {
    file: Arc<SourceFile>,
    root: Node,
}

impl Document {
    /// Parses a file of exactly one document. What is wrong goes to `findings`; none if no tree came of it.
    ///
    /// An empty file is a null root: whether that is an error depends on what the file is for.
    pub fn parse(file: &Arc<SourceFile>, findings: &mut Diagnostics) -> Option<Self> {
        let root = parse::parse(file, parse::Further::Refused, findings)?;
        Some(Self { file: Arc::clone(file), root })
    }

    /// Parses the first document of a file; what follows it is not read.
    pub fn parse_first(file: &Arc<SourceFile>, findings: &mut Diagnostics) -> Option<Self> {
        let root = parse::parse(file, parse::Further::Ignored, findings)?;
        Some(Self { file: Arc::clone(file), root })
    }

    /// A tree that was not written in YAML: nothing of it has a place in `file`.
    pub(crate) fn of_value(file: &Arc<SourceFile>, value: serde_json::Value) -> Self {
        Self { file: Arc::clone(file), root: Node { range: 0..0, data: value.into() } }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.root
    }

    pub(super) fn root_mut(&mut self) -> &mut Node {
        &mut self.root
    }

    /// The value at a path.
    #[must_use]
    pub fn node(&self, path: &DocPath) -> Option<&Node> {
        path.parts().into_iter().try_fold(&self.root, |node, part| match part {
            Part::Key(key) => node.entry(key).map(|entry| &entry.value),
            Part::Index(index) => node.item(*index),
        })
    }

    /// Where the value at a path stands; of a path that leads nowhere, its nearest ancestor's key or value.
    #[must_use]
    pub fn span(&self, path: &DocPath) -> Span {
        let mut node = &self.root;
        let mut range = 0..0;
        for part in path.parts() {
            let next = match part {
                Part::Key(key) => node.entry(key).map(|entry| (&entry.value, entry.key_range.clone())),
                Part::Index(index) => {
                    node.item(*index).map(|item| (item, first_line(&self.file, &item.range)))
                }
            };
            let Some((value, place)) = next else { return Span::new(&self.file, range) };
            let scalar = !matches!(value.data, Data::Mapping(_) | Data::Sequence(_));
            range = if scalar && !value.range.is_empty() { value.range.clone() } else { place };
            node = value;
        }
        Span::new(&self.file, range)
    }

    /// Where the key at the end of a path stands.
    #[must_use]
    pub fn key_span(&self, path: &DocPath) -> Span {
        let parts = path.parts();
        let Some((Part::Key(key), parents)) = parts.split_last() else { return self.span(path) };
        let parent = parents.iter().try_fold(&self.root, |node, part| match part {
            Part::Key(key) => node.entry(key).map(|entry| &entry.value),
            Part::Index(index) => node.item(*index),
        });
        match parent.and_then(|node| node.entry(key)) {
            Some(entry) => Span::new(&self.file, entry.key_range.clone()),
            None => self.span(path),
        }
    }

    /// Where a part of the text at a path stands. `within` counts bytes of the text as the program sees it;
    /// texts that are written with escapes or folding are pointed at as a whole.
    #[must_use]
    pub fn span_within(&self, path: &DocPath, within: Range<usize>) -> Span {
        let whole = self.span(path);
        let Some(Data::String { text, literal }) = self.node(path).map(|node| &node.data) else {
            return whole;
        };
        let raw = whole.text();
        let start = whole.range().start;
        if *literal {
            return literal_offset(raw, text, within.start)
                .zip(literal_offset(raw, text, within.end))
                .map_or(whole.clone(), |(from, to)| {
                    Span::new(&self.file, start + from..start + to.max(from))
                });
        }
        match raw.find(text.as_str()) {
            Some(at) => Span::new(&self.file, start + at + within.start..start + at + within.end),
            None => whole,
        }
    }

    /// Puts another value at a path. Its place stays that of the value that was written there.
    pub(crate) fn replace(&mut self, path: &DocPath, value: impl Into<Data>) {
        let node = path.parts().into_iter().try_fold(&mut self.root, |node, part| node.inner_mut(part));
        if let Some(node) = node {
            node.data = value.into();
        }
    }

    /// Reads the tree into a struct as if some keys were not there.
    ///
    /// # Errors
    /// The first thing that does not fit, in serde's words.
    pub(crate) fn deserialize_without<T: DeserializeOwned>(
        &self,
        keys: &[DocPath],
    ) -> Result<T, deserialize::Error> {
        let mut root = self.root.clone();
        keys.iter().for_each(|path| root.remove(&path.parts()));
        T::deserialize(&root)
    }

    /// Reads the tree into a struct of [`crate::schema`]. A tree that passed [`super::Shape::check`] always fits.
    ///
    /// # Errors
    /// The first thing that does not fit, in serde's words.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, deserialize::Error> {
        T::deserialize(&self.root)
    }
}

/// The part of a range that is on its first line: enough to underline a list item.
fn first_line(file: &SourceFile, range: &Range<usize>) -> Range<usize> {
    let text = file.text().get(range.clone()).unwrap_or("");
    range.start..range.start + text.lines().next().unwrap_or("").len()
}

/// Where byte `offset` of a literal block's text is in the block as written (`raw` starts at the `|` or at
/// the first line).
fn literal_offset(raw: &str, text: &str, offset: usize) -> Option<usize> {
    let before = text.get(..offset)?;
    let line = before.matches('\n').count();
    let column = offset - before.rfind('\n').map_or(0, |at| at + 1);
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let header = usize::from(raw.trim_start().starts_with('|'));
    let indent = raw
        .lines()
        .skip(header)
        .find(|line| !line.trim().is_empty())
        .map(|line| line.len().saturating_sub(first.len()))?;
    // The parser's range of a block may start behind the first line's indentation.
    let cut = if header == 0 && !raw.starts_with(' ') { indent } else { 0 };
    let start: usize = raw.split_inclusive('\n').take(line + header).map(str::len).sum();
    let indent = if line == 0 && header == 0 { indent - cut } else { indent };
    Some(start + indent + column)
}
