//! Checks of files, from what was found when they were read.

use mxcp_core::diagnostic::{Diagnostic, Severity};

use super::check::{Check, counted};
use crate::failure::Failure;

/// A file that can't be used: how many errors it has, and the first.
pub(super) fn unusable(name: &str, shown: &str, failure: &Failure, advice: &str) -> Check {
    let errors: Vec<_> = match failure {
        Failure::Project { findings, .. } => {
            findings.iter().filter(|finding| finding.severity == Severity::Error).collect()
        }
        Failure::Usage(_) | Failure::Other(_) => Vec::new(),
    };
    with_errors(name, shown, &errors, advice)
        .unwrap_or_else(|| Check::problem(name, failure.text()).help(advice))
}

/// A file with errors: how many, and the first; none if there are none.
pub(super) fn with_errors(name: &str, shown: &str, errors: &[&Diagnostic], advice: &str) -> Option<Check> {
    let first = errors.first()?;
    let count = counted(errors.len(), "error");
    let check = Check::problem(name, format!("{shown} has {count}: {}", first.summary()));
    Some(helped(check, first, advice))
}

/// A check with the help of a finding; with `otherwise` if it has none.
pub(super) fn helped(check: Check, finding: &Diagnostic, otherwise: &str) -> Check {
    check.help(finding.help.as_deref().unwrap_or(otherwise))
}
