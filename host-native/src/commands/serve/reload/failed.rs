//! Why a reload did not do what it was asked.

use mxcp_core::diagnostic::Diagnostics;

use crate::failure::Failure;
use crate::report::FileReport;

/// Why a reload failed, and what that leaves behind.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    /// What became of it, as a phrase that stays.
    pub(super) what: &'static str,
    /// Why, in one text.
    pub(super) why: String,
    /// Why, with the places in the files.
    pub(super) findings: Diagnostics,
    /// The files that are to blame and why, if it is definitions.
    pub(super) files: Vec<String>,
}

impl Failed {
    /// It failed of something that is told in one text.
    pub(super) fn new(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, why: why.into(), findings: Diagnostics::new(), files: Vec::new() }
    }

    /// It failed as commands fail.
    pub(super) fn of(what: &'static str, failure: Failure) -> Self {
        match failure {
            Failure::Project { message, findings } => Self { findings, ..Self::new(what, message) },
            other => Self::new(what, said(other)),
        }
    }

    /// It failed of definitions that can't be served.
    pub(super) fn of_definitions(what: &'static str, broken: Vec<FileReport>) -> Self {
        let line = |report: &FileReport| {
            let error = report.message().or_else(|| report.warnings()).unwrap_or_default();
            format!("{}: {error}", report.path)
        };
        let files: Vec<_> = broken.iter().map(line).collect();
        let mut findings = Diagnostics::new();
        findings.extend(broken.into_iter().flat_map(|report| report.findings));
        Self { what, why: files.join("\n"), findings, files }
    }

    /// What became of it, and why.
    pub(crate) fn message(&self) -> String {
        format!("{}: {}", self.what, self.why)
    }
}

/// A failure in one text.
pub(crate) fn said(failure: Failure) -> String {
    match failure {
        Failure::Other(error) => format!("{error:#}"),
        Failure::Usage(message) | Failure::Project { message, .. } => message,
    }
}
