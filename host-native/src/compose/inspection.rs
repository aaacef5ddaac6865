//! What a project would run on, looked at without starting or changing anything.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mxcp_audit::SigningKey;
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::registry::Registry;
use mxcp_core::site::Extension;
use mxcp_runtime::check;

pub(crate) use mxcp_duckdb::MissingExtension;

use crate::failure::Failure;
use crate::project::Project;
use crate::reenter;
use crate::references::command;

/// The database's library, as it was found when the program started.
#[derive(Debug)]
pub(crate) struct Library {
    /// Its version.
    pub(crate) version: String,
    /// The version that the program was made for.
    pub(crate) wanted: &'static str,
    /// Its file; none if it is a part of the program, or the system does not tell.
    pub(crate) file: Option<PathBuf>,
}

/// An interpreter of Python that was asked what it is.
#[derive(Debug)]
pub(crate) struct Interpreter {
    /// Its program.
    pub(crate) program: PathBuf,
    /// Whether it takes over and serves; else it runs in worker processes.
    pub(crate) in_process: bool,
    /// Name and version, as in `cpython 3.12.1`.
    pub(crate) version: String,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
}

/// Longest time for an interpreter to say what it is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Oldest minor version of Python 3 that runs projects.
const OLDEST: u32 = 10;

/// Says what the interpreter is, and then whether it can import a module; a folder to search may follow.
const QUESTION: &str = "\
import sys
print('%s %s' % (sys.implementation.name, '.'.join(str(part) for part in sys.version_info[:3])))
sys.stdout.flush()
sys.path[1:1] = sys.argv[2:]
__import__(sys.argv[1])
";

/// The library of the database.
pub(crate) fn library() -> Library {
    let file = std::fs::read_to_string("/proc/self/maps").ok().and_then(|maps| library_file(&maps));
    Library { version: mxcp_duckdb::library_version(), wanted: mxcp_duckdb::VERSION, file }
}

/// The library's file among what a process has mapped into its memory.
fn library_file(maps: &str) -> Option<PathBuf> {
    let files = maps.lines().filter_map(|line| Some(Path::new(line.get(line.find('/')?..)?)));
    let is_it = |path: &&Path| {
        path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("libduckdb."))
    };
    files.into_iter().find(is_it).map(Path::to_owned)
}

/// Opens a database for reading only, and closes it.
///
/// # Errors
/// It is not there or can't be opened; further lines say what to do.
pub(crate) fn try_database(path: &Path) -> Result<(), String> {
    mxcp_duckdb::try_open(path)
}

/// Loads an extension that is there already, into a database of its own.
///
/// # Errors
/// It is not there or can't be loaded.
pub(crate) fn try_extension(project: &Project, extension: &Extension) -> Result<(), MissingExtension> {
    let folder = project.site.extensions_folder().map(|folder| project.path(folder));
    mxcp_duckdb::try_extension(extension, folder.as_deref())
}

/// The interpreter that would run the project's Python, or any project's; `within` says that one runs this very process. It is
/// started without anything of the project, and writes nothing.
///
/// # Errors
/// There is none, or it can't be asked.
pub(crate) fn interpreter(project: Option<&Project>, within: bool) -> Result<Interpreter, Failure> {
    if project.is_none_or(Project::allows_python_in_process) {
        if within {
            // It has imported the program already.
            return ask(std::env::current_exe()?, true, "sys");
        }
        if let Some(program) = reenter::interpreter_of_program() {
            return ask(program, true, "mxcp._native");
        }
    }
    let setting = project.and_then(|project| project.site.python.interpreter.as_deref()).map(Path::new);
    let root = project.map_or(Path::new("."), |project| &project.root);
    ask(mxcp_python::find_interpreter(root, setting)?, false, "mxcp._worker.process")
}

/// Asks an interpreter what it is, and whether it can import `module`; in worker processes, it imports what comes with the program.
fn ask(program: PathBuf, in_process: bool, module: &str) -> Result<Interpreter, Failure> {
    let folder = tempfile::tempdir()?;
    let mut question = Command::new(&program);
    question.args(["-B", "-c", QUESTION, module]).current_dir(folder.path());
    if !in_process {
        mxcp_python::write_package(folder.path())?;
        question.arg(folder.path());
    }
    let failed = |why: &str| Failure::message(format!("can't start Python `{}`: {why}", program.display()));
    let answer = match command::run(&mut question, PATIENCE) {
        Ok(Some(answer)) => answer,
        Ok(None) => return Err(failed(&format!("no answer within {} s", PATIENCE.as_secs()))),
        Err(error) => return Err(failed(&error.to_string())),
    };
    let last = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
    };
    let version = last(&answer.stdout);
    if version.is_empty() {
        return Err(failed(&last(&answer.stderr)));
    }
    let problem = if is_too_old(&version) {
        Some(format!("CPython 3.{OLDEST} or newer is needed"))
    } else if answer.status.success() {
        None
    } else {
        Some(format!("it can't import what it runs of mxcp: {}", last(&answer.stderr)))
    };
    Ok(Interpreter { program, in_process, version, problem })
}

/// Whether an interpreter can't run projects, from its name and version.
fn is_too_old(version: &str) -> bool {
    let minor = version.strip_prefix("cpython 3.").and_then(|rest| rest.split('.').next()?.parse().ok());
    minor.is_none_or(|minor: u32| minor < OLDEST)
}

/// Compiles every component that endpoints are made of, which may take long, and keeps nothing. Gives what is wrong by the path
/// of the definition file.
///
/// # Errors
/// WebAssembly can't be run here.
pub(crate) fn compile_components(
    project: &Project,
    registry: &Registry,
) -> Result<BTreeMap<String, Diagnostics>, Failure> {
    let cache = tempfile::tempdir()?;
    super::block_on(async {
        // No component is called, so the database is not opened.
        let sql = Arc::new(mxcp_duckdb::Engine::new(super::engines::options(project, true)?));
        let engine = mxcp_wasm::Engine::new(mxcp_wasm::Options {
            root: project.root.clone(),
            sql,
            secrets: project.user.secrets(),
            cache: Some(cache.path().to_owned()),
        });
        Ok(check::prepare_components(registry, &engine, &|_| {}).await?)
    })
}

/// Whether a log has its signing key beside it.
///
/// # Errors
/// There is one that can't be used.
pub(crate) fn stored_audit_key(log: &Path) -> Result<bool, Failure> {
    Ok(SigningKey::beside(log)?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_found_among_what_is_mapped() {
        let maps = "7f00-7f01 r-xp 00000000 fe:00 1  /usr/lib/libc.so.6\n\
            7f02-7f03 r-xp 00000000 fe:00 2   /opt/my app/libduckdb.so\n7f04-7f05 rw-p 00000000 00:00 0\n";
        assert_eq!(library_file(maps).as_deref(), Some(Path::new("/opt/my app/libduckdb.so")));
        assert_eq!(library_file("7f04-7f05 rw-p 00000000 00:00 0  [heap]\n"), None);
    }

    #[test]
    fn only_cpython_of_today_runs_projects() {
        assert!(!is_too_old("cpython 3.10.0") && !is_too_old("cpython 3.14.2"));
        for version in ["cpython 3.9.18", "cpython 2.7.1", "pypy 3.11.0", "cpython 3.x"] {
            assert!(is_too_old(version), "{version}");
        }
    }
}
