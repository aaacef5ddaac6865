//! Site file, user file and profile.

use std::path::Path;
use std::{env, io};

use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use mxcp_core::user::{Active, User};

use super::Args;
use super::check::{Check, counted};
use super::disk;
use crate::config;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::project::{self, Project, SITE_FILE};

/// A project that can be looked at any further.
#[derive(Debug)]
pub(super) struct Examined {
    /// With what its user file says, if that can be used; else as if there were none.
    pub(super) project: Project,
    /// Whether it can be used.
    pub(super) user_file: bool,
}

/// Looks at the configuration. Gives the project, if there is one with a site file that can be used.
pub(super) fn examine(args: &Args, environment: &Environment, checks: &mut Vec<Check>) -> Option<Examined> {
    let found = env::current_dir().ok().and_then(|folder| project::root_of(&folder));
    let project = if found.is_some() {
        site_file(args, environment, checks)
    } else {
        let here =
            format!("there is no {SITE_FILE} in this folder or above: nothing of a project is looked at");
        checks.push(Check::skipped("site file", here).help("to make a project here: mxcp init"));
        None
    };
    // Outside of a project, the sections at the top concern whatever project there will be.
    let active = project.as_ref().map_or(Active { project: "", profile: "" }, |project| Active {
        project: &project.site.project,
        profile: &project.profile,
    });
    let user = user_file(args, environment, active, checks);
    let project = project?;
    checks.push(profile(&project));
    Some(match user {
        Some(user) => {
            let project = project.with_user(user);
            checks.extend(secrets(&project));
            Examined { project, user_file: true }
        }
        None => Examined { project, user_file: false },
    })
}

/// The site file, as every command reads it.
fn site_file(args: &Args, environment: &Environment, checks: &mut Vec<Check>) -> Option<Project> {
    const NAME: &str = "site file";
    match Project::find_without_user(&args.common, environment) {
        Ok(project) => {
            let path = project.absolute(SITE_FILE);
            checks.push(match project.warnings.iter().next() {
                None => Check::ok(NAME, path),
                Some(first) => {
                    let warnings = counted(project.warnings.iter().count(), "warning");
                    let check = Check::warning(NAME, format!("{path} has {warnings}: {}", first.summary()));
                    helped(check, first, "to see them in their places: mxcp validate")
                }
            });
            Some(project)
        }
        Err(failure) => {
            checks.push(unusable(NAME, SITE_FILE, failure, "to see them in their places: mxcp validate"));
            None
        }
    }
}

/// The user file with its references; what it says, if it can be used.
fn user_file(
    args: &Args,
    environment: &Environment,
    active: Active<'_>,
    checks: &mut Vec<Check>,
) -> Option<User> {
    const NAME: &str = "user file";
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
    let (user, passed_over) = if args.network {
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
            checks.extend(unusable_user_file(NAME, &shown, failure, passed_over > 0));
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
        return Check::warning("user file", format!("others on this machine can read {shown}"))
            .help(format!("chmod 600 {shown}"));
    }
    Check::ok("user file", format!("{shown}, references followed"))
}

/// What is wrong with a user file: each reference that leads nowhere, and the rest by its number. With `passed_over`, some references
/// were not followed, and what is wrong with their values is not said.
fn unusable_user_file(name: &str, shown: &str, failure: Failure, passed_over: bool) -> Vec<Check> {
    let Failure::Project { message, findings } = failure else {
        return vec![unusable(
            name,
            shown,
            failure,
            "make it a file that you can read, or name another one in MXCP_CONFIG",
        )];
    };
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let errors = errors.filter(|finding| !(passed_over && comes_from_elsewhere(finding)));
    let (references, rest): (Vec<_>, Vec<_>) =
        errors.cloned().partition(|finding| finding.code == Code::UnresolvedReference);
    let mut checks: Vec<_> = references
        .iter()
        .map(|finding| {
            let advice = "set the variable, make the file or the entry, or change the reference";
            helped(Check::problem("reference", finding.summary()), finding, advice)
        })
        .collect();
    if !rest.is_empty() {
        let failure = Failure::project(message.split(':').next().unwrap_or_default(), rest);
        checks.push(unusable(name, shown, failure, "to see where: mxcp list"));
    } else if checks.is_empty() {
        checks.push(Check::skipped(name, format!("{shown} needs values of secret managers to be looked at")));
    } else {
        let count = counted(checks.len(), "reference");
        checks.insert(0, Check::problem(name, format!("{shown} can't be used: {count} without a value")));
    }
    checks
}

/// Whether a finding is about a value that a secret manager has.
fn comes_from_elsewhere(finding: &Diagnostic) -> bool {
    let concealed = finding.help.as_deref().and_then(|help| help.strip_prefix("the value comes from `"));
    concealed.is_some_and(|written| written.starts_with("vault://") || written.starts_with("op://"))
}

/// A file that can't be used: how many errors it has, and the first.
fn unusable(name: &str, shown: &str, failure: Failure, advice: &str) -> Check {
    match failure {
        Failure::Project { message, findings } => {
            let errors = || findings.iter().filter(|finding| finding.severity == Severity::Error);
            let Some(first) = errors().next() else { return Check::problem(name, message).help(advice) };
            let count = counted(errors().count(), "error");
            let check = Check::problem(name, format!("{shown} has {count}: {}", first.summary()));
            helped(check, first, advice)
        }
        other => Check::problem(name, other.text()).help(advice),
    }
}

/// A check with the help of a finding; with `otherwise` if it has none.
fn helped(check: Check, finding: &Diagnostic, otherwise: &str) -> Check {
    check.help(finding.help.as_deref().unwrap_or(otherwise))
}

fn profile(project: &Project) -> Check {
    let (name, file) = (&project.profile, SITE_FILE);
    if project.site.declares(name) {
        return Check::ok("profile", format!("`{name}` of project `{}`", project.site.project));
    }
    Check::warning("profile", format!("`{name}` is not declared in {file}, so that it has every default"))
        .help(format!("profiles: {{{name}: {{}}}} in {file}, or another name in --profile or MXCP_PROFILE"))
}

/// The secrets that the site file expects.
fn secrets(project: &Project) -> Vec<Check> {
    const NAME: &str = "secrets";
    if project.site.secrets.is_empty() {
        return Vec::new();
    }
    let missing = project.site.missing_secrets(&project.user.secrets(), &project.profile);
    if missing.is_empty() {
        let expected = counted(project.site.secrets.len(), "expected secret");
        return vec![Check::ok(NAME, format!("{expected} in the user file"))];
    }
    missing
        .iter()
        .map(|one| helped(Check::warning(NAME, one.summary()), one, "add it to the user file"))
        .collect()
}
