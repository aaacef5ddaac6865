//! Why a command did not do what it was asked, and how that ends the program.

use std::io;

use crate::advice::Advised;
use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics, Severity};

/// How a command that ran ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Fine: exit code 0.
    Fine,
    /// It has reported something wrong with the project: exit code 1.
    Findings,
    /// It has run another program, which ended with this exit code.
    Program(u8),
}

/// Why a command could not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Its arguments can't be used: exit code 2.
    Usage(String),
    /// Files of the project can't be used: exit code 1. The findings are shown with the message.
    Project {
        /// The problems in one text, for machines.
        message: String,
        /// The problems with their places, for people.
        findings: Diagnostics,
    },
    /// Anything else: exit code 1.
    Other(anyhow::Error),
}

impl Failure {
    /// A failure that is told in one text.
    pub(crate) fn message(text: impl Into<String>) -> Self {
        Self::Other(anyhow::Error::msg(text.into()))
    }

    /// A failure that is told in one text, with what to do about it.
    pub(crate) fn advised(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Other(Advised::new(problem, help).into())
    }

    /// A file of the project that can't be used; `what` introduces the problems.
    pub(crate) fn project(what: &str, problems: impl IntoIterator<Item = Diagnostic>) -> Self {
        let mut findings = Diagnostics::new();
        findings.extend(problems);
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let lines: Vec<_> = errors.map(line).collect();
        Self::Project { message: format!("{what}: {}", lines.join("\n")), findings }
    }

    /// What is wrong in one text, with its causes.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Usage(message) | Self::Project { message, .. } => message.clone(),
            Self::Other(error) => format!("{error:#}"),
        }
    }

    /// Whether the reader of the output has gone away, which is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        let Self::Other(error) = self else { return false };
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// A problem in one line. Text that is no YAML has no path that would say where the problem is.
fn line(problem: &Diagnostic) -> String {
    match problem.labels.first() {
        Some(label) if problem.code == Code::YamlSyntax => {
            let (file, start) = (label.span.file().path(), label.span.start());
            format!("{} ({file}, line {}, column {})", problem.summary(), start.line, start.column)
        }
        _ => problem.summary(),
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}
