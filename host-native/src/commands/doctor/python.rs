//! The interpreter that runs the project's Python.

use super::check::Check;
use super::subject::Subject;
use crate::compose::{self, Interpreter};
use crate::project::Project;

const NAME: &str = "python";

/// How it is, if the project needs one.
pub(super) fn checks(subject: &Subject<'_>, project: &Project) -> Vec<Check> {
    let needed =
        subject.definitions.as_ref().is_some_and(|definitions| project.needs_python(&definitions.registry));
    if needed || subject.all {
        return vec![interpreter(subject, Some(project))];
    }
    vec![
        Check::skipped(NAME, "no endpoint, plug-in or module of the project is Python")
            .help("to look at it all the same: mxcp doctor --all"),
    ]
}

/// How it is, for whatever project there will be.
pub(super) fn checks_of_machine(subject: &Subject<'_>) -> Vec<Check> {
    if subject.all { vec![interpreter(subject, None)] } else { Vec::new() }
}

fn interpreter(subject: &Subject<'_>, project: Option<&Project>) -> Check {
    const HELP: &str = "install CPython 3.10 or newer, activate a virtual environment of it, or name one in \
        mxcp-site.yml: python: {interpreter: /usr/bin/python3}";
    const REINSTALL: &str =
        "pip install --force-reinstall mxcp, or in mxcp-site.yml: python: {isolation: process}";
    match compose::interpreter(project, subject.environment.in_process.is_some()) {
        Ok(Interpreter { program, in_process, version, problem }) => {
            let place = if in_process { "in the serving process" } else { "in worker processes" };
            let found = format!("{version}, {}, {place}", program.display());
            match problem {
                None => Check::ok(NAME, found),
                Some(problem) => {
                    let help = if in_process { REINSTALL } else { HELP };
                    Check::problem(NAME, format!("{found}: {problem}")).help(help)
                }
            }
        }
        Err(failure) => Check::problem(NAME, failure.text()).help(HELP),
    }
}
