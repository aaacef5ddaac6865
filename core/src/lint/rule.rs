//! What rules are, and what they say.

use super::{Place, Subject};
use crate::diagnostic::Severity;

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// Stable code, in kebab-case.
    pub(super) code: &'static str,
    /// How much its findings matter.
    pub(super) severity: Severity,
    /// Says what it has to say about an endpoint.
    pub(super) check: fn(&Subject<'_>, &mut Remarks),
}

/// What a rule says about a place.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) suggestion: String,
}

/// What a rule says about an endpoint.
#[derive(Debug, Default)]
pub(super) struct Remarks(Vec<Remark>);

impl Remarks {
    /// Adds a remark.
    pub(super) fn add(&mut self, place: Place, message: impl Into<String>, suggestion: impl Into<String>) {
        self.0.push(Remark { place, message: message.into(), suggestion: suggestion.into() });
    }
}

impl IntoIterator for Remarks {
    type Item = Remark;
    type IntoIter = std::vec::IntoIter<Remark>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
