//! What there is to say about definition files, as `validate` and `serve` say it.

use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use serde::Serialize;

/// A definition file and everything found in it.
#[derive(Debug)]
pub(crate) struct FileReport {
    /// Path relative to the project root.
    pub(crate) path: String,
    /// What was found, warnings included.
    pub(crate) findings: Diagnostics,
}

/// A finding as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Finding<'a> {
    code: Code,
    severity: Severity,
    message: &'a str,
    path: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    help: Option<&'a str>,
}

impl FileReport {
    /// Whether the endpoint can't be served.
    pub(crate) fn is_broken(&self) -> bool {
        self.findings.has_errors()
    }

    /// Whether there is anything that `--strict` does not let pass.
    pub(crate) fn is_broken_strictly(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity != Severity::Info)
    }

    /// All errors, one after the other; the first line is the first error.
    pub(crate) fn message(&self) -> Option<String> {
        self.lines(Severity::Error)
    }

    /// All warnings, one after the other.
    pub(crate) fn warnings(&self) -> Option<String> {
        self.lines(Severity::Warning)
    }

    fn lines(&self, severity: Severity) -> Option<String> {
        let findings = self.findings.iter().filter(|finding| finding.severity == severity);
        let lines: Vec<_> = findings.map(Diagnostic::summary).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The findings as JSON.
    pub(crate) fn as_json(&self) -> Vec<Finding<'_>> {
        self.findings.iter().map(Finding::of).collect()
    }
}

impl<'a> Finding<'a> {
    fn of(finding: &'a Diagnostic) -> Self {
        let start = finding.position();
        let end = finding.labels.first().map(|label| label.span.end());
        Self {
            code: finding.code,
            severity: finding.severity,
            message: &finding.message,
            path: &finding.path,
            file: finding.file(),
            line: start.map(|place| place.line),
            column: start.map(|place| place.column),
            end_line: end.map(|place| place.line),
            end_column: end.map(|place| place.column),
            help: finding.help.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::source::{SourceFile, Span};

    use super::*;

    fn report() -> FileReport {
        let file = SourceFile::new("tools/a.yml", "tool:\n  nme: x\n");
        let mut findings = Diagnostics::new();
        findings.push(Diagnostic::warning(Code::InvalidDefault, "odd"));
        findings.push(Diagnostic::error(Code::MissingKey, "Field required").at("tool.name"));
        findings.push(Diagnostic::error(Code::UnknownKey, "extra").label(Span::new(&file, 8..11), ""));
        FileReport { path: "tools/a.yml".to_owned(), findings }
    }

    #[test]
    fn the_message_has_all_errors_and_no_warnings() {
        assert_eq!(report().message().as_deref(), Some("tool.name: Field required\nextra"));
        assert!(report().is_broken());
    }

    #[test]
    fn warnings_are_broken_only_strictly() {
        let mut findings = Diagnostics::new();
        findings.push(Diagnostic::warning(Code::InvalidDefault, "odd"));
        let report = FileReport { path: "tools/a.yml".to_owned(), findings };
        assert!(report.is_broken_strictly() && !report.is_broken());
        assert_eq!((report.message(), report.warnings().as_deref()), (None, Some("odd")));
    }

    #[test]
    fn findings_carry_their_place() {
        let report = report();
        let json = serde_json::to_value(report.as_json()).unwrap();
        assert_eq!(json[1]["line"], serde_json::Value::Null);
        let expected = serde_json::json!({
            "code": "unknown-key", "severity": "error", "message": "extra", "path": "", "file": "tools/a.yml",
            "line": 2, "column": 3, "end_line": 2, "end_column": 6, "help": null,
        });
        assert_eq!(json[2], expected);
    }
}
