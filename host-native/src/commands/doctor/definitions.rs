//! What the project's folders hold: endpoints, the lock, a dbt project.

use mxcp_core::diagnostic::Severity;
use mxcp_core::load::FileState;

use super::check::{Check, counted};
use super::subject::Subject;
use crate::dbt;
use crate::failure::Failure;
use crate::lock::{self, LOCK_FILE};
use crate::project::{Definitions, Project};

/// How they are.
pub(super) fn checks(subject: &Subject<'_>, project: &Project) -> Vec<Check> {
    let Some(definitions) = &subject.definitions else { return Vec::new() };
    vec![endpoints(definitions), locked(project, definitions), dbt(project)]
}

/// How many endpoints there are, and how much is wrong with their files. `mxcp validate` says what, and looks at their code, too.
fn endpoints(definitions: &Definitions) -> Check {
    const NAME: &str = "endpoints";
    const HELP: &str = "to see everything in its place: mxcp validate";
    let usable = counted(definitions.registry.endpoints().count(), "endpoint");
    let findings = || {
        definitions
            .files
            .iter()
            .filter(|file| file.state != FileState::Foreign)
            .flat_map(|file| &file.findings)
    };
    let errors = findings().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings().filter(|finding| finding.severity == Severity::Warning).count()
        + definitions.warnings.iter().count();
    match (errors, warnings) {
        (0, 0) if definitions.files.is_empty() => {
            Check::warning(NAME, "there are none").help("to have one to begin with: mxcp init --bootstrap")
        }
        (0, 0) => Check::ok(NAME, usable),
        (0, _) => Check::warning(NAME, format!("{usable}, {}", counted(warnings, "warning"))).help(HELP),
        _ => {
            let broken = definitions.files.iter().filter(|file| file.state == FileState::Broken).count();
            let mut message =
                format!("{usable}, {} in {}", counted(errors, "error"), counted(broken, "file"));
            if warnings > 0 {
                message = format!("{message}, {}", counted(warnings, "warning"));
            }
            Check::problem(NAME, message).help(HELP)
        }
    }
}

fn locked(project: &Project, definitions: &Definitions) -> Check {
    const NAME: &str = "lock";
    let unusable = |failure: Failure| {
        Check::problem(NAME, failure.text()).help("to see what is wrong: mxcp lock --check")
    };
    match lock::read(&project.root) {
        Ok(None) => {
            return Check::skipped(NAME, format!("there is no {LOCK_FILE}; `mxcp lock` would write it"));
        }
        Err(failure) => return unusable(failure),
        Ok(Some(_)) => {}
    }
    match lock::changes(project, definitions) {
        Ok(changes) if changes.is_empty() => Check::ok(NAME, format!("everything is as {LOCK_FILE} says")),
        Ok(changes) => {
            let files = counted(changes.len(), "file");
            Check::warning(NAME, format!("{files} not as {LOCK_FILE} says, so that `--locked` refuses them"))
                .help("to see them: mxcp lock --check; if they are meant: mxcp lock")
        }
        Err(failure) => unusable(failure),
    }
}

fn dbt(project: &Project) -> Check {
    const NAME: &str = "dbt";
    if !project.site.dbt.enabled {
        return Check::skipped(NAME, "the site file disables it");
    }
    if !project.root.join("dbt_project.yml").is_file() {
        return Check::skipped(NAME, "the project has no dbt_project.yml");
    }
    match dbt::find() {
        Some(program) => Check::ok(NAME, program.display().to_string()),
        None => Check::problem(NAME, "the project has a dbt_project.yml, and dbt is not on the PATH")
            .help("pip install dbt-core dbt-duckdb"),
    }
}
