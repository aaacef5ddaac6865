//! Site file, profile and secrets; the user file has a file of its own.

use std::env;

use mxcp_core::user::Active;

use super::Args;
use super::check::{Check, counted};
use super::finding::{helped, unusable};
use super::user_file;
use crate::environment::Environment;
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
    let user = user_file::examine(args.network, environment, active, checks);
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
            checks.push(unusable(NAME, SITE_FILE, &failure, "to see them in their places: mxcp validate"));
            None
        }
    }
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
