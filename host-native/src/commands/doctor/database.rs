//! The database file, the room that it has, and the extensions.

use std::path::Path;

use mxcp_core::site::Extension;

use super::check::Check;
use super::disk;
use super::subject::Subject;
use crate::compose::{self, MissingExtension};
use crate::project::{Database, Project};

/// Less free space than this is too little to work with, in bytes.
const TOO_LITTLE: u64 = 64 << 20;
/// Less than this may soon be.
const LITTLE: u64 = 1 << 30;

/// How they are.
pub(super) fn checks(_subject: &Subject<'_>, project: &Project) -> Vec<Check> {
    const NAME: &str = "database";
    let mut checks = match project.database(false) {
        Ok(found) => vec![database(NAME, &found), room(folder_of(&found.path))],
        Err(failure) => {
            vec![Check::problem(NAME, failure.text()).help(format!(
                "profiles: {{{}: {{duckdb: {{path: data/my.duckdb}}}}}} in mxcp-site.yml, or MXCP_DUCKDB_PATH",
                project.profile
            ))]
        }
    };
    checks.extend(project.site.extensions.iter().map(|extension| load(project, extension)));
    checks
}

fn database(name: &str, Database { path, readonly }: &Database) -> Check {
    let shown = path.display();
    if !path.exists() {
        let folder = folder_of(path);
        return match disk::can_make_files(folder) {
            Err(problem) => {
                Check::problem(name, format!("there is no {shown}, and none can be made: {problem}"))
                    .help(format!("mkdir -p {}, or correct `duckdb.path` in mxcp-site.yml", folder.display()))
            }
            Ok(()) => {
                let missing = if folder.is_dir() { "" } else { ", nor its folder" };
                let message =
                    format!("there is no {shown} yet{missing}: the first command that needs it makes it");
                Check::warning(name, message)
                    .help("to make it: mxcp query \"SELECT 1\"; if it should be there, correct `duckdb.path` in mxcp-site.yml")
            }
        };
    }
    if let Err(message) = compose::try_database(path) {
        return unusable(name, &message);
    }
    if *readonly {
        return Check::ok(name, format!("{shown}, for reading only"));
    }
    match disk::may_write(path)
        .map_err(|error| error.to_string())
        .and_then(|()| disk::can_make_files(folder_of(path)))
    {
        Ok(()) => Check::ok(name, shown.to_string()),
        Err(problem) => Check::problem(name, format!("{shown} can be read, and not written to: {problem}"))
            .help(format!("chmod u+w {shown}, or open it for reading only: --readonly")),
    }
}

/// A database that DuckDB refuses. Another mxcp may be meant to have it open.
fn unusable(name: &str, message: &str) -> Check {
    let (problem, advice) = message.split_once('\n').unwrap_or((message, ""));
    let advice =
        if advice.is_empty() { "restore it, or correct `duckdb.path` in mxcp-site.yml" } else { advice };
    if problem.contains("/mxcp (PID ") {
        return Check::warning(
            name,
            format!("a running mxcp has it open, so that it is not looked at: {problem}"),
        )
        .help(format!("nothing, if that is the server of this project; else: {advice}"));
    }
    Check::problem(name, problem).help(advice)
}

fn room(folder: &Path) -> Check {
    const NAME: &str = "disk";
    let Some(free) = disk::free_bytes(folder) else {
        return Check::skipped(NAME, "the system does not tell how much is free");
    };
    let message = format!("{} MiB free at {}", free >> 20, folder.display());
    match free {
        ..TOO_LITTLE => Check::problem(NAME, message)
            .help("make room, or move the database: `duckdb.path` in mxcp-site.yml"),
        TOO_LITTLE..LITTLE => {
            Check::warning(NAME, message).help("make room before the database or the audit log needs it")
        }
        _ => Check::ok(NAME, message),
    }
}

fn load(project: &Project, extension: &Extension) -> Check {
    let name = format!("extension {}", extension.name);
    match compose::try_extension(project, extension) {
        Ok(()) => Check::ok(name, "can be loaded"),
        Err(MissingExtension::Absent(reason)) => {
            let from =
                extension.repository.as_ref().map(|source| format!(" FROM {source}")).unwrap_or_default();
            let message =
                format!("it is not installed, and the first start will have to download it: {reason}");
            Check::warning(name, message).help(format!(
                "where there is a network: mxcp query \"INSTALL {}{from}\"; where there is none, put the unpacked \
                 `{}.duckdb_extension` into a folder, and name that in mxcp-site.yml: paths: {{extensions: FOLDER}}",
                extension.name, extension.name
            ))
        }
        Err(MissingExtension::Unusable(problem)) => Check::problem(name, problem)
            .help(format!("get the extension for DuckDB {}", compose::library().version)),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn another_mxcp_may_have_the_database_open_and_other_programs_may_not() {
        let held = |program: &str| {
            let lock = format!(
                "IO Error: Could not set lock on file \"/d\": Conflicting lock is held in {program} (PID 7)."
            );
            unusable("database", &format!("{lock}\nStop process 7"))
        };
        let (own, other) = (held("/usr/bin/mxcp"), held("/usr/bin/duckdb"));
        assert!(own.is(State::Warning) && other.is(State::Problem));
        assert_eq!(other.help.as_deref(), Some("Stop process 7"));
    }
}
