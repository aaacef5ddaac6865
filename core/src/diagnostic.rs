//! Findings for the author of a project, as plain data: hosts render them, components hand them on.

use crate::source::{Position, Span};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A remark.
    Info,
    /// The project works, though likely not as meant.
    Warning,
    /// The file it is in can't be served.
    Error,
}

/// Declares [`Code`]: the only place that has to know of a new one, beside its section in
/// `docs/diagnostics.md` and its fixture in `tests/fixtures/diagnostics`.
macro_rules! codes {
    ($($(#[$about:meta])* $variant:ident = $text:literal,)*) => {
        /// What kind of finding it is: stable, so that scripts and documentation can rely on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$about])* $variant,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The code as printed, for example `unknown-key`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$variant => $text,)*
                }
            }
        }
    };
}

codes! {
    /// The file is not UTF-8, nor UTF-16 with a byte-order mark, or can't be read at all.
    UnreadableFile = "unreadable-file",
    /// The file is no YAML.
    YamlSyntax = "yaml-syntax",
    /// A file holds more than one YAML document.
    SeveralDocuments = "several-documents",
    /// A mapping has the same key twice.
    DuplicateKey = "duplicate-key",
    /// The file is empty, or holds comments only.
    EmptyFile = "empty-file",
    /// A key the format does not know.
    UnknownKey = "unknown-key",
    /// A key the format asks for is absent.
    MissingKey = "missing-key",
    /// A value of another kind than the format asks for.
    WrongType = "wrong-type",
    /// A value of the right kind that is not allowed here.
    InvalidValue = "invalid-value",
    /// The file defines no endpoint, or more than one.
    EndpointCount = "endpoint-count",
    /// The file defines an endpoint of another kind than its folder's.
    ForeignKind = "foreign-kind",
    /// Two files define the same endpoint.
    DuplicateEndpoint = "duplicate-endpoint",
    /// A file named by a definition does not exist.
    MissingSource = "missing-source",
    /// `$parameters` of the SQL and declared parameters differ.
    ParameterMismatch = "parameter-mismatch",
    /// DuckDB can't parse or bind the SQL.
    SqlSyntax = "sql-syntax",
    /// A policy's condition is no CEL expression.
    PolicySyntax = "policy-syntax",
    /// A policy's condition can't be right for this endpoint's parameters or result.
    PolicyType = "policy-type",
    /// A policy rule that can have no effect where it stands.
    PolicyWithoutEffect = "policy-without-effect",
    /// A default that its own type refuses.
    InvalidDefault = "invalid-default",
    /// A resource's `uri` and its parameters don't fit.
    UriTemplate = "uri-template",
    /// A parameter that is to come from the caller can't.
    CallerClaim = "caller-claim",
    /// A prompt template can't be used.
    PromptTemplate = "prompt-template",
    /// A file that looks like a definition and is not read.
    IgnoredFile = "ignored-file",
    /// A Python file can't be parsed.
    PythonSyntax = "python-syntax",
    /// A Python file can't be imported on this machine.
    PythonImport = "python-import",
    /// A Python file has no function for its endpoint.
    PythonFunction = "python-function",
    /// A Python function does not take the endpoint's parameters.
    PythonSignature = "python-signature",
    /// A component can't be read, or lacks the function.
    ComponentExport = "component-export",
    /// The types of a definition and those of its component's function don't agree.
    ComponentType = "component-type",
    /// A test calls its endpoint in a way that the endpoint refuses.
    TestArgument = "test-argument",
    /// A file of the project lies outside of its folder.
    OutsideProject = "outside-project",
    /// A file or a value is larger than anything honest.
    TooLarge = "too-large",
    /// A reference that leads nowhere, or to nothing.
    UnresolvedReference = "unresolved-reference",
    /// A secret that the site file names and the active profile lacks.
    MissingSecret = "missing-secret",
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Stable code.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// One phrase; user text as written, never expanded.
    pub message: String,
    /// Dotted path of the value in its file (`tool.parameters.0.type`), empty for the file as a whole.
    pub path: String,
    /// The places it speaks of, the main one first; none if the file has no text to point at.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A place, and what there is to say about it.
#[derive(Clone, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words, possibly none.
    pub text: String,
}

/// Findings, collected rather than thrown: authors get all of them at once.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    findings: Vec<Diagnostic>,
}

impl Diagnostic {
    /// An error; add places and help with the other methods.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            path: String::new(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Names the value it is about.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Adds a place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The file it is about, if it has a place.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.labels.first().map(|label| label.span.file().path())
    }

    /// Where it starts, if it has a place.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.labels.first().map(|label| label.span.start())
    }

    /// Path and message in one line, as the reference implementation prints them: `tool.name: Field required`.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }
}

impl Diagnostics {
    /// Nothing found so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.findings.push(diagnostic);
    }

    /// Adds all of another's findings.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.findings.extend(other);
    }

    /// Whether any finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings in the order they were made.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.findings.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.findings.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.findings.iter()
    }
}
