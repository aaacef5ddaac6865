//! The audit log and its key.

use std::path::Path;

use super::check::Check;
use super::disk;
use super::subject::Subject;
use crate::compose;
use crate::project::Project;

const NAME: &str = "audit log";
const KEY: &str = "audit key";

/// How they are.
pub(super) fn checks(_subject: &Subject<'_>, project: &Project) -> Vec<Check> {
    if !project.audit() {
        return vec![
            Check::skipped(NAME, format!("calls are not recorded in profile `{}`", project.profile)).help(
                format!(
                    "to record them, in mxcp-site.yml: profiles: {{{}: {{audit: {{enabled: true}}}}}}",
                    project.profile
                ),
            ),
        ];
    }
    let profile = project.site.profile(&project.profile);
    let log = project.path(&profile.audit_log);
    let place = if profile.audit_url.is_some() {
        Check::skipped(NAME, "it is in a database, which is not asked")
            .help("to have it read: mxcp log verify")
    } else {
        folder(&log)
    };
    vec![place, key(project, &log)]
}

fn folder(log: &Path) -> Check {
    let folder = log.parent().unwrap_or(log);
    match disk::can_make_files(folder) {
        Ok(()) => Check::ok(NAME, folder.display().to_string()),
        Err(problem) => Check::problem(NAME, problem).help(format!(
            "mkdir -p {0} && chmod u+rwx {0}, or another `audit.path` in mxcp-site.yml",
            folder.display()
        )),
    }
}

/// The key that signs the log.
fn key(project: &Project, log: &Path) -> Check {
    match compose::audit_key(project) {
        Ok(Some(_)) => return Check::ok(KEY, "that of MXCP_AUDIT_KEY"),
        Err(failure) => {
            return Check::problem(KEY, failure.text()).help("MXCP_AUDIT_KEY=$(openssl rand -base64 32)");
        }
        Ok(None) => {}
    }
    match compose::stored_audit_key(log) {
        Ok(true) => Check::ok(KEY, "that in the folder of the log"),
        Ok(false) => Check::ok(KEY, "there is none yet: the first start makes one in the folder of the log"),
        Err(failure) => Check::problem(KEY, failure.text()).help(
            "restore the key from a copy; without it, a new log has to be begun under another `audit.path`",
        ),
    }
}
