//! What was found.

use mxcp_core::diagnostic::{Diagnostic, Severity};
use mxcp_core::source::Span;
use serde::Serialize;

use super::rule::{Effect, Rule};

/// Places that rules apply to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    places: Vec<(&'static Rule, Place)>,
}

/// A place in the project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Place {
    /// File, as its author knows it.
    pub(crate) file: String,
    /// Line, from 1; none if it is about the file as a whole.
    pub(crate) line: Option<usize>,
    /// Column in characters, from 1.
    pub(crate) column: Option<usize>,
    /// Dotted path of the value in its file; empty where there is none.
    pub(crate) path: String,
    /// What there is to say beyond the rule, such as a finding of `validate`; may be empty.
    pub(crate) message: String,
}

/// A rule with all places it applies to.
#[derive(Debug, Serialize)]
pub(crate) struct Group<'f> {
    /// The rule.
    #[serde(flatten)]
    pub(crate) rule: &'static Rule,
    /// The places.
    pub(crate) places: Vec<&'f Place>,
}

impl Found {
    /// A place in a text.
    pub(super) fn at(&mut self, rule: &'static Rule, span: &Span, path: impl Into<String>) {
        self.saying(rule, span, path, String::new());
    }

    /// The same, with something to say about it.
    pub(super) fn saying(
        &mut self,
        rule: &'static Rule,
        span: &Span,
        path: impl Into<String>,
        message: impl Into<String>,
    ) {
        let (file, start) = (span.file().path().to_owned(), span.start());
        let place = Place {
            file,
            line: Some(start.line),
            column: Some(start.column),
            path: path.into(),
            message: message.into(),
        };
        self.places.push((rule, place));
    }

    /// A file as a whole.
    pub(super) fn file(&mut self, rule: &'static Rule, file: impl Into<String>, message: impl Into<String>) {
        let place = Place {
            file: file.into(),
            line: None,
            column: None,
            path: String::new(),
            message: message.into(),
        };
        self.places.push((rule, place));
    }

    /// A finding of the loader; `file` is where it was found, unless it says itself.
    pub(super) fn diagnostic(&mut self, rule: &'static Rule, file: &str, finding: &Diagnostic) {
        let (code, message) = (finding.code.as_str(), &finding.message);
        let message = format!("[{code}] {}", message.lines().next().unwrap_or_default());
        match finding.labels.first() {
            Some(label) if !label.span.file().text().is_empty() => {
                self.saying(rule, &label.span, finding.path.as_str(), message);
            }
            _ => self.file(rule, finding.file().unwrap_or(file), message),
        }
    }

    /// Puts places into the order of their rules, then of files, each once.
    pub(super) fn sort(&mut self, rules: &[&'static Rule]) {
        let rank = |rule: &Rule| rules.iter().position(|other| other.code == rule.code);
        self.places.sort_by(|(one, at), (other, there)| (rank(one), at).cmp(&(rank(other), there)));
        self.places.dedup_by(|(one, at), (other, there)| one.code == other.code && at == there);
    }

    /// The rules of an effect that were found, each with its places.
    pub(crate) fn groups(&self, effect: Effect) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (rule, place) in self.places.iter().filter(|(rule, _)| rule.effect == effect) {
            match groups.last_mut() {
                Some(group) if group.rule.code == rule.code => group.places.push(place),
                _ => groups.push(Group { rule, places: vec![place] }),
            }
        }
        groups
    }

    /// Whether anything has to be changed.
    pub(crate) fn is_refused(&self) -> bool {
        self.places.iter().any(|(rule, _)| rule.effect == Effect::Refused)
    }

    /// Whether there is anything to say about a file.
    pub(crate) fn mentions(&self, file: &str) -> bool {
        self.places.iter().any(|(_, place)| place.file == file)
    }
}

/// Whether a finding keeps something from being served.
pub(super) fn is_error(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Error
}
