//! WebAssembly components of the project.

use mxcp_core::definition::Implementation;
use mxcp_runtime::user_cache;

use super::check::{Check, counted};
use super::disk;
use super::subject::Subject;
use crate::compose;
use crate::project::{Definitions, Project};

const NAME: &str = "components";

/// How they are. What a component exports was looked at with the endpoints that use it.
pub(super) fn checks(subject: &Subject<'_>, project: &Project) -> Vec<Check> {
    let Some(definitions) = &subject.definitions else { return Vec::new() };
    let implementations = definitions.registry.endpoints().map(|endpoint| &endpoint.implementation);
    let endpoints = implementations.filter(|one| matches!(one, Implementation::Component(_))).count();
    let functions = project.site.sql_functions.len();
    if endpoints + functions == 0 {
        return vec![Check::skipped(NAME, "no endpoint or SQL function of the project is a component")];
    }
    let mut checks = Vec::new();
    if functions > 0 {
        checks.push(sql_functions(project));
    }
    if endpoints > 0 {
        let what = counted(endpoints, "endpoint");
        if subject.all {
            checks.extend(compiled(project, definitions, &what));
        } else {
            let message = format!("{what} with components that can be read");
            checks.push(Check::ok(NAME, message).help("to compile them as well: mxcp doctor --all"));
        }
    }
    checks.push(cache());
    checks
}

fn sql_functions(project: &Project) -> Check {
    const NAME: &str = "SQL functions";
    match project.sql_functions() {
        Ok(functions) => Check::ok(NAME, format!("{} of components", functions.len())),
        Err(failure) => Check::problem(NAME, failure.text())
            .help("to see what a component exports: mxcp component inspect FILE"),
    }
}

/// Whether they can be compiled: one check for each definition file whose component can't.
fn compiled(project: &Project, definitions: &Definitions, what: &str) -> Vec<Check> {
    let help = "to see what a component needs: mxcp component inspect FILE";
    match compose::compile_components(project, &definitions.registry) {
        Ok(found) if found.is_empty() => {
            vec![Check::ok(NAME, format!("{what} with components that can be run"))]
        }
        Ok(found) => found
            .iter()
            .flat_map(|(file, findings)| {
                findings
                    .iter()
                    .map(move |one| Check::problem(NAME, format!("{file}: {}", one.summary())).help(help))
            })
            .collect(),
        Err(failure) => vec![Check::problem(NAME, failure.text())],
    }
}

/// Where compiled code is kept.
fn cache() -> Check {
    const NAME: &str = "component cache";
    const HELP: &str = "name a folder that only you can write to in XDG_CACHE_HOME";
    let Some(folder) = user_cache::folder("components") else {
        return Check::warning(NAME, "there is no folder for it, so that every start compiles anew")
            .help(HELP);
    };
    let shown = folder.display();
    match disk::can_make_files(&folder) {
        Ok(()) if disk::others_may_write(&folder) => {
            Check::warning(NAME, format!("others can write to {shown}, so that every start compiles anew"))
                .help(format!("chmod 700 {shown}"))
        }
        Ok(()) => Check::ok(NAME, shown.to_string()),
        Err(problem) => Check::warning(NAME, format!("every start compiles anew: {problem}")).help(HELP),
    }
}
