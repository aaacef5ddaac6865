//! The user file and its references.

use std::io;
use std::path::Path;

use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use mxcp_core::user::{Active, User};

use super::check::{Check, counted};
use super::disk;
use super::finding::{helped, unusable, with_errors};
use crate::config;
use crate::environment::Environment;
use crate::failure::Failure;

const NAME: &str = "user file";

/// Looks at the user file and its references, with `network` also at those to secret managers. Gives what it says to the active
/// profile, if it can be used.
pub(super) fn examine(
    network: bool,
    environment: &Environment,
    active: Active<'_>,
    checks: &mut Vec<Check>,
) -> Option<User> {
    let Some(path) = environment.user_file() else {
        let nowhere = "there is no home folder to have one in, so everything has its default";
        checks.push(Check::ok(NAME, nowhere));
        return Some(User::default());
    };
    let path = environment.folder.join(path);
    let shown = path.display().to_string();
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && environment.config.is_none() => {
            checks.push(Check::ok(NAME, format!("there is no {shown}, so everything has its default")));
            return Some(User::default());
        }
        _ => {}
    }
    let mut warnings = Diagnostics::new();
    let (user, passed_over) = if network {
        (config::load(environment, active, &mut warnings).map(|(user, _files)| user), 0)
    } else {
        let seen = config::look(environment, active, &mut warnings);
        (seen.user, seen.passed_over)
    };
    let user = match user {
        Ok(user) => {
            checks.push(usable(&path));
            Some(user)
        }
        Err(failure) => {
            checks.extend(broken(&shown, &failure, passed_over > 0));
            None
        }
    };
    checks.extend(warnings.iter().map(|warning| {
        let name = if warning.code == Code::UnresolvedReference { "reference" } else { NAME };
        helped(Check::warning(name, warning.summary()), warning, &format!("correct it in {shown}"))
    }));
    if passed_over > 0 {
        let references = counted(passed_over, "reference");
        let why = format!("{references} to secret managers on other machines not followed");
        checks.push(Check::skipped("references", why).help("to follow them: mxcp doctor --network"));
    }
    user
}

/// A user file that can be used: whether others can read it, too.
fn usable(path: &Path) -> Check {
    let shown = path.display();
    if disk::others_may_read(path) {
        return Check::warning(NAME, format!("others on this machine can read {shown}"))
            .help(format!("chmod 600 {shown}"));
    }
    Check::ok(NAME, format!("{shown}, references followed"))
}

/// What is wrong with a user file: each reference that leads nowhere, and the rest by its number. With `passed_over`, some references
/// were not followed, and what is wrong with their values is not said.
fn broken(shown: &str, failure: &Failure, passed_over: bool) -> Vec<Check> {
    let Failure::Project { findings, .. } = failure else {
        let advice = "make it a file that you can read, or name another one in MXCP_CONFIG";
        return vec![unusable(NAME, shown, failure, advice)];
    };
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let errors = errors.filter(|finding| !(passed_over && comes_from_elsewhere(finding)));
    let (references, rest): (Vec<_>, Vec<_>) =
        errors.partition(|finding| finding.code == Code::UnresolvedReference);
    let advice = "set the variable, make the file or the entry, or change the reference";
    let whole = if let Some(check) = with_errors(NAME, shown, &rest, "to see where: mxcp list") {
        check
    } else if references.is_empty() {
        Check::skipped(NAME, format!("{shown} needs values of secret managers to be looked at"))
    } else {
        let count = counted(references.len(), "reference");
        Check::problem(NAME, format!("{shown} can't be used: {count} without a value")).help(advice)
    };
    let reference =
        |finding: &&Diagnostic| helped(Check::problem("reference", finding.summary()), finding, advice);
    std::iter::once(whole).chain(references.iter().map(reference)).collect()
}

/// Whether a finding is about a value that a secret manager has.
fn comes_from_elsewhere(finding: &Diagnostic) -> bool {
    let concealed = finding.help.as_deref().and_then(|help| help.strip_prefix("the value comes from `"));
    concealed.is_some_and(|written| written.starts_with("vault://") || written.starts_with("op://"))
}
