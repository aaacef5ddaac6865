//! Findings about values of one document.

use std::ops::Range;

use super::{DocPath, Document};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// Collects findings about a document's values: give a path, and it finds the place.
#[derive(Debug)]
pub struct Report<'a> {
    document: &'a Document,
    findings: &'a mut Diagnostics,
}

impl<'a> Report<'a> {
    /// Findings about `document` go to `findings`.
    pub fn new(document: &'a Document, findings: &'a mut Diagnostics) -> Self {
        Self { document, findings }
    }

    /// The document it is about.
    #[must_use]
    pub fn document(&self) -> &'a Document {
        self.document
    }

    /// An error about the value at `path`.
    pub fn error(&mut self, code: Code, path: &DocPath, message: impl Into<String>) {
        self.add(path, Diagnostic::error(code, message));
    }

    /// A warning about the value at `path`.
    pub fn warning(&mut self, code: Code, path: &DocPath, message: impl Into<String>) {
        self.add(path, Diagnostic::warning(code, message));
    }

    /// A finding about the value at `path`, which is filled in together with its place.
    pub fn add(&mut self, path: &DocPath, diagnostic: Diagnostic) {
        let span = self.document.span(path);
        self.findings.push(diagnostic.at(path.to_string()).label(span, ""));
    }

    /// A finding about the key at the end of `path`.
    pub fn add_at_key(&mut self, path: &DocPath, diagnostic: Diagnostic) {
        let span = self.document.key_span(path);
        self.findings.push(diagnostic.at(path.to_string()).label(span, ""));
    }

    /// A finding about some bytes of the text at `path`.
    pub fn add_within(&mut self, path: &DocPath, within: Range<usize>, diagnostic: Diagnostic) {
        let span = self.document.span_within(path, within);
        self.findings.push(diagnostic.at(path.to_string()).label(span, ""));
    }

    /// Whether any finding so far, of whoever shares the collection, is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.has_errors()
    }
}
