//! What looking at a function finds, as the package says it.

use mxcp_runtime::ports::{PythonFinding, PythonProblem};
use serde_json::Value as Json;

/// The findings; none if they are none.
pub(crate) fn all(result: &Json) -> Option<Vec<PythonFinding>> {
    result.as_array()?.iter().map(finding).collect()
}

fn finding(finding: &Json) -> Option<PythonFinding> {
    let kind = match finding.get("kind")?.as_str()? {
        "syntax" => PythonProblem::Syntax,
        "import" => PythonProblem::Import,
        "missing" => PythonProblem::Missing,
        "signature" => PythonProblem::Signature,
        _ => return None,
    };
    Some(PythonFinding {
        kind,
        message: finding.get("message")?.as_str()?.to_owned(),
        line: finding.get("line").and_then(Json::as_u64).and_then(|line| usize::try_from(line).ok()),
    })
}
