//! Findings about values of one document.

use std::ops::Range;

use super::{DocPath, Document};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::source::Span;

/// Most findings of one severity that are told of a file: a generated file can have a hundred thousand of them, and
/// finding each one's place takes as long as the file is.
pub(super) const MAX_TOLD: usize = 100;

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
        self.tell(path, diagnostic, |document| document.span(path));
    }

    /// A finding about the key at the end of `path`.
    pub fn add_at_key(&mut self, path: &DocPath, diagnostic: Diagnostic) {
        self.tell(path, diagnostic, |document| document.key_span(path));
    }

    /// A finding about some bytes of the text at `path`.
    pub fn add_within(&mut self, path: &DocPath, within: Range<usize>, diagnostic: Diagnostic) {
        self.tell(path, diagnostic, |document| document.span_within(path, within));
    }

    /// Adds a finding unless there are enough of its severity; the first one too many says so.
    fn tell(&mut self, path: &DocPath, diagnostic: Diagnostic, place: impl FnOnce(&Document) -> Span) {
        match self.told(diagnostic.severity) {
            told if told < MAX_TOLD => {
                let place = place(self.document);
                self.findings.push(diagnostic.at(path.to_string()).label(place, ""));
            }
            MAX_TOLD => {
                let message = format!("there are more problems than these {MAX_TOLD}");
                let place = place(self.document);
                self.findings
                    .push(Diagnostic { message, help: None, ..diagnostic }.label(place, "the next one"));
            }
            _ => {}
        }
    }

    fn told(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether any finding so far, of whoever shares the collection, is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.has_errors()
    }
}
