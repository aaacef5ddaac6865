//! Checking the Python functions of a project against the parameters they are called with.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_core::definition::{Endpoint, Implementation, PythonSource};
use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics};
use mxcp_core::registry::Registry;
use mxcp_core::source::Span;

use super::Scope;
use crate::ports::{PythonEngine, PythonError, PythonFinding, PythonProblem};

/// Checks Python endpoints, one after the other. Gives what is wrong by the path of the definition file; files without findings are left
/// out. `begin` hears of each endpoint before it is looked at.
///
/// # Errors
/// Python can't be asked.
pub async fn check_python(
    registry: &Registry,
    engine: &dyn PythonEngine,
    scope: Scope<'_>,
    begin: &(dyn Fn(&Endpoint) + Sync),
) -> Result<BTreeMap<String, Diagnostics>, PythonError> {
    let mut found: BTreeMap<String, Diagnostics> = BTreeMap::new();
    for endpoint in registry.endpoints() {
        if !matches!(endpoint.implementation, Implementation::Python(_)) || !(scope.includes)(endpoint) {
            continue;
        }
        begin(endpoint);
        let findings = check_python_endpoint(endpoint, engine).await?;
        if !findings.is_empty() {
            found.entry(endpoint.file.path().to_owned()).or_default().extend(findings);
        }
    }
    Ok(found)
}

/// Checks one endpoint; one that is not Python has no findings.
///
/// # Errors
/// Python can't be asked.
pub async fn check_python_endpoint(
    endpoint: &Endpoint,
    engine: &dyn PythonEngine,
) -> Result<Diagnostics, PythonError> {
    let Implementation::Python(source) = &endpoint.implementation else {
        return Ok(Diagnostics::new());
    };
    let parameters = endpoint.parameters.iter().map(|parameter| parameter.name.to_string()).collect();
    let findings = engine.check(Arc::clone(source), parameters).await?;
    let mut diagnostics = Diagnostics::new();
    diagnostics.extend(findings.iter().map(|finding| diagnostic(source, finding)));
    Ok(diagnostics)
}

/// What to do about a file that can't be imported.
const IMPORT_HELP: &str = "each call fails until the file can be imported where it is served: install what is missing for the \
    interpreter that `mxcp doctor` names";

fn diagnostic(source: &PythonSource, finding: &PythonFinding) -> Diagnostic {
    let (code, help) = match finding.kind {
        PythonProblem::Syntax => (Code::PythonSyntax, None),
        PythonProblem::Import => (Code::PythonImport, Some(IMPORT_HELP)),
        PythonProblem::Missing => (Code::PythonFunction, Some("a tool calls the function of its own name")),
        PythonProblem::Signature => {
            (Code::PythonSignature, Some("arguments are passed by name, exactly as declared"))
        }
    };
    let problem = match finding.kind {
        // What is missing here may be there where it is served.
        PythonProblem::Import => Diagnostic::warning(code, &*finding.message),
        _ => Diagnostic::error(code, &*finding.message),
    };
    let place = finding.line.and_then(|line| line_of(source, line)).unwrap_or_else(|| source.place.clone());
    let problem = problem.label(place, "");
    match help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// The text of a line, without the blanks around it.
fn line_of(source: &PythonSource, line: usize) -> Option<Span> {
    let text = source.text.text();
    let mut start = 0;
    for (index, written) in text.split_inclusive('\n').enumerate() {
        if index + 1 == line {
            let begin = start + written.len() - written.trim_start().len();
            let end = start + written.trim_end().len();
            return Some(Span::new(&source.text, begin.min(end)..end));
        }
        start += written.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use mxcp_core::source::SourceFile;

    use super::*;

    fn source(text: &str) -> PythonSource {
        let definition = SourceFile::new("tools/a.yml", "tool: {}");
        PythonSource {
            file: "python/a.py".to_owned(),
            shown: "tools/../python/a.py".to_owned(),
            function: Some("a".to_owned()),
            text: SourceFile::new("python/a.py", text),
            place: Span::new(&definition, 0..4),
        }
    }

    #[test]
    fn findings_point_at_their_line_or_at_the_definition() {
        let source = source("x = 1\n  def a(:\n");
        let find = |line| PythonFinding { kind: PythonProblem::Syntax, message: "m".to_owned(), line };
        let place = |line| diagnostic(&source, &find(line)).labels[0].span.clone();
        assert_eq!(place(Some(2)).text(), "def a(:");
        assert_eq!(place(None).file().path(), "tools/a.yml");
        assert_eq!(place(Some(9)).file().path(), "tools/a.yml");
    }
}
