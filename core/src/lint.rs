//! Advice about endpoints that load: what would make them better for the models that call them, and for
//! those who keep them. Nothing here keeps an endpoint from being served.
//!
//! A rule is a row of data with a check ([`rules`]), one per file. What a certain client refuses is a table
//! of limits ([`clients`]), one file per client, and only looked at when asked for. Both speak of places in
//! definitions; the text is parsed again for them, once per file and only if there is something to say.

mod clients;
mod place;
mod rule;
mod rules;
mod subject;

use std::cell::OnceCell;
use std::sync::Arc;

pub use clients::Client;
use place::Place;
use rule::{Remark, Remarks, Rule};
use subject::Subject;

use crate::definition::Endpoint;
use crate::diagnostic::{Diagnostics, Severity};
use crate::registry::Registry;
use crate::source::{Position, SourceFile, Span};
use crate::yaml::Document;

/// One piece of advice.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule it comes from: stable, in kebab-case.
    pub code: &'static str,
    /// How much it matters; also an error does not keep the endpoint from being served.
    pub severity: Severity,
    /// The value it is about, as `tool.parameters[0].description`, be it there or missing.
    pub location: String,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do about it, naming the field.
    pub suggestion: String,
    /// Where the value, or what should hold it, is written.
    pub span: Span,
}

impl Finding {
    /// Path of the definition file, relative to the project root.
    #[must_use]
    pub fn path(&self) -> &str {
        self.span.file().path()
    }

    /// Where the value, or what should hold it, starts.
    #[must_use]
    pub fn position(&self) -> Position {
        self.span.start()
    }
}

/// Looks at every endpoint: by file in the order of the registry, within a file in the order of the rules,
/// those of `clients` last.
#[must_use]
pub fn lint(registry: &Registry, clients: &[Client]) -> Vec<Finding> {
    registry.endpoints().flat_map(|endpoint| lint_endpoint(endpoint, clients)).collect()
}

/// The codes of all rules, those of clients included, each once.
#[must_use]
pub fn codes() -> Vec<&'static str> {
    let limits = Client::ALL.into_iter().flat_map(Client::codes);
    let mut codes: Vec<&'static str> = Vec::new();
    for code in rules::ALL.iter().map(|rule| rule.code).chain(limits) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn lint_endpoint(endpoint: &Endpoint, clients: &[Client]) -> Vec<Finding> {
    let subject = Subject::new(endpoint);
    let places = Places { file: &endpoint.file, document: OnceCell::new() };
    let mut findings = Vec::new();
    for Rule { code, severity, check } in rules::ALL {
        let mut remarks = Remarks::default();
        check(&subject, &mut remarks);
        findings.extend(remarks.into_iter().map(|remark| places.finding(code, *severity, remark)));
    }
    for client in clients {
        let remarks = client.check(&subject);
        findings.extend(
            remarks.into_iter().map(|(code, severity, remark)| places.finding(code, severity, remark)),
        );
    }
    findings
}

/// Where the values of a definition stand.
struct Places<'a> {
    file: &'a Arc<SourceFile>,
    document: OnceCell<Option<Document>>,
}

impl Places<'_> {
    fn finding(&self, code: &'static str, severity: Severity, remark: Remark) -> Finding {
        let Remark { place, message, suggestion } = remark;
        let span = self.span(&place);
        Finding { code, severity, location: place.to_string(), message, suggestion, span }
    }

    fn span(&self, place: &Place) -> Span {
        let document = self.document.get_or_init(|| Document::parse(self.file, &mut Diagnostics::new()));
        match document {
            Some(document) => document.span(place.path()),
            None => Span::new(self.file, 0..0),
        }
    }
}

#[cfg(test)]
mod tests;
