//! What the suite found, from the reports it leaves.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Results;

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Its id.
    pub(crate) check: String,
    /// What went wrong, in one line.
    pub(crate) message: String,
}

/// Reads the reports of the given scenarios, for what the suite calls `kind`; one without a report is absent from the result.
pub(crate) fn read(folder: &Path, kind: &str, scenarios: &[String]) -> Result<Results> {
    let mut results = Results::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("the suite left no reports in {}", folder.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        let scenario = name.to_str().and_then(|name| scenario_of(kind, name));
        let Some(scenario) = scenario.filter(|name| scenarios.iter().any(|known| known == name)) else {
            continue;
        };
        let report = entry.path().join("checks.json");
        let text = fs::read_to_string(&report).with_context(|| format!("can't read {}", report.display()))?;
        let failures = failures(&text).with_context(|| report.display().to_string())?;
        results.insert(scenario.to_owned(), failures);
    }
    Ok(results)
}

/// The scenario in a folder's name, `<kind>-<scenario>-<time>`.
fn scenario_of<'a>(kind: &str, folder: &'a str) -> Option<&'a str> {
    const TIME: usize = "-2026-01-01T00-00-00-000Z".len();
    let name = folder.strip_prefix(kind)?.strip_prefix('-')?;
    name.get(..name.len().checked_sub(TIME)?)
}

fn failures(text: &str) -> Result<Vec<Failure>> {
    let checks: Vec<Value> = serde_json::from_str(text)?;
    let field =
        |check: &Value, name: &str| check.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let failed = checks.iter().filter(|check| field(check, "status") == "FAILURE");
    Ok(failed
        .map(|check| Failure {
            check: field(check, "id"),
            message: field(check, "errorMessage").lines().next().unwrap_or_default().to_owned(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{Failure, failures, scenario_of};

    #[test]
    fn finds_the_scenario_in_a_folder_name() {
        let folder = "server-server-stateless-2026-11-22T15-38-57-287Z";
        assert_eq!(scenario_of("server", folder), Some("server-stateless"));
        assert_eq!(scenario_of("server", "other"), None);
        let folder = "authorization-server-code-grant-2026-11-22T15-38-57-287Z";
        assert_eq!(scenario_of("authorization-server", folder), Some("code-grant"));
        assert_eq!(scenario_of("server", folder), None);
    }

    #[test]
    fn takes_failures_only() {
        let text = r#"[{"id": "a", "status": "SUCCESS"}, {"id": "b", "status": "FAILURE", "errorMessage": "no\nmore"},
                       {"id": "c", "status": "SKIPPED"}]"#;
        assert_eq!(failures(text).unwrap(), [Failure { check: "b".to_owned(), message: "no".to_owned() }]);
    }
}
