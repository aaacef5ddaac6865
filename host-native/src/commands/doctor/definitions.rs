//! What the project's folders hold: endpoints, the lock, a dbt project.

use mxcp_core::load::FileState;

use super::check::Check;
use super::configuration::counted;
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

fn endpoints(definitions: &Definitions) -> Check {
    const NAME: &str = "endpoints";
    let broken = definitions.files.iter().filter(|file| file.state == FileState::Broken).count();
    let usable = counted(definitions.registry.endpoints().count(), "endpoint");
    if broken > 0 {
        let files = counted(broken, "file");
        return Check::problem(NAME, format!("{usable}, and {files} with errors"))
            .help("to see them: mxcp validate");
    }
    match definitions.warnings.iter().next() {
        Some(first) => {
            let warnings = counted(definitions.warnings.iter().count(), "warning");
            Check::warning(NAME, format!("{usable}, {warnings}: {}", first.summary()))
                .help(first.help.as_deref().unwrap_or("to see them in their places: mxcp validate"))
        }
        None => Check::ok(NAME, usable),
    }
}

fn locked(project: &Project, definitions: &Definitions) -> Check {
    const NAME: &str = "lock";
    let unusable = |failure| {
        let problem = match failure {
            Failure::Project { message, .. } | Failure::Usage(message) => message,
            Failure::Other(error) => format!("{error:#}"),
        };
        Check::problem(NAME, problem).help("to see what is wrong: mxcp lock --check")
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
