//! The texts a project is made of, and places in them.

use std::ops::Range;
use std::sync::Arc;

/// One text of the project, with the path its author knows it by.
#[derive(Debug)]
pub struct SourceFile {
    path: String,
    text: String,
    /// Byte offset at which each line starts.
    lines: Vec<usize>,
}

/// A range of bytes in a [`SourceFile`].
#[derive(Clone, Debug)]
pub struct Span {
    file: Arc<SourceFile>,
    range: Range<usize>,
}

/// A place as people and editors write it: both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl SourceFile {
    /// `path` is relative to the project root, with `/` between its parts.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(index, _)| index + 1)).collect();
        Arc::new(Self { path: path.into(), text, lines })
    }

    /// Path relative to the project root.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        Position { line: line.max(1), column }
    }

    /// The byte offset of a 1-based line and 1-based column in characters.
    #[must_use]
    pub fn offset(&self, position: Position) -> usize {
        let start = self.lines.get(position.line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or("");
        let within =
            rest.char_indices().nth(position.column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        start + within
    }
}

impl Span {
    /// A range of bytes of `file`; a range past the end is cut to it.
    #[must_use]
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        let end = range.end.min(file.text.len());
        Self { file: Arc::clone(file), range: range.start.min(end)..end }
    }

    /// The file the range is in.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// The range in bytes.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Where the range starts.
    #[must_use]
    pub fn start(&self) -> Position {
        self.file.position(self.range.start)
    }

    /// Where the range ends.
    #[must_use]
    pub fn end(&self) -> Position {
        self.file.position(self.range.end)
    }

    /// The text in the range.
    #[must_use]
    pub fn text(&self) -> &str {
        self.file.text.get(self.range.clone()).unwrap_or("")
    }
}
