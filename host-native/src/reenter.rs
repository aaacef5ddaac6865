//! From the program to the interpreter that it was installed for.
//!
//! Installed by `pip`, the program lies beside an interpreter, and its extension module in the packages of that. The
//! program itself starts at once; where a project runs Python in the serving process, the interpreter takes over.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::environment;

/// Set for the interpreter, which never hands over in turn.
const GUARD: &str = "MXCP_REENTERED";

/// An interpreter with the program as its extension module.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Installation {
    /// The interpreter's program.
    interpreter: PathBuf,
    /// The script of the package that is the program.
    script: PathBuf,
}

/// Becomes the interpreter that this program was installed for, with the same command line. Comes back only with the reason
/// why that failed, or with none where there is no such interpreter.
pub(crate) fn reenter(words: &[OsString]) -> Option<io::Error> {
    if environment::text(GUARD).is_some() {
        return None;
    }
    own()?.start(words.get(1..).unwrap_or_default())
}

/// The interpreter that takes over where Python runs in the serving process, if there is one.
pub(crate) fn interpreter_of_program() -> Option<PathBuf> {
    own().map(|installation| installation.interpreter)
}

/// The installation of this program.
fn own() -> Option<Installation> {
    let program = std::env::current_exe().ok()?;
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    find(program.parent()?, &search_path)
}

impl Installation {
    #[cfg(unix)]
    fn start(&self, words: &[OsString]) -> Option<io::Error> {
        use std::os::unix::process::CommandExt as _;

        let mut command = std::process::Command::new(&self.interpreter);
        Some(command.arg(&self.script).args(words).env(GUARD, "1").exec())
    }

    /// Where no program can become another one, worker processes run Python.
    #[cfg(not(unix))]
    fn start(&self, _words: &[OsString]) -> Option<io::Error> {
        None
    }
}

/// The installation that a folder of programs belongs to, that of the newest Python if there are several.
fn find(programs: &Path, search_path: &OsStr) -> Option<Installation> {
    let prefix = programs.parent()?;
    let mut found: Vec<(u32, Installation)> = Vec::new();
    for libraries in ["lib", "lib64"] {
        let Ok(entries) = fs::read_dir(prefix.join(libraries)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(minor) = name.to_str().and_then(|name| name.strip_prefix("python3.")?.parse().ok())
            else {
                continue;
            };
            for packages in ["site-packages", "dist-packages"] {
                let package = entry.path().join(packages).join("mxcp");
                let script = package.join("__main__.py");
                if !package.join("_native.abi3.so").is_file() || !script.is_file() {
                    continue;
                }
                if let Some(interpreter) = interpreter(programs, &name, search_path) {
                    found.push((minor, Installation { interpreter, script }));
                }
            }
        }
    }
    found.into_iter().max_by_key(|(minor, _)| *minor).map(|(_, installation)| installation)
}

/// The program of an interpreter: beside this one, or where programs are looked for.
fn interpreter(programs: &Path, name: &OsStr, search_path: &OsStr) -> Option<PathBuf> {
    let beside = std::iter::once(programs.to_owned());
    let mut folders = beside.chain(std::env::split_paths(search_path));
    folders.find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    fn install(prefix: &Path, packages: &str) -> PathBuf {
        let package = prefix.join(packages).join("mxcp");
        touch(&package.join("_native.abi3.so"));
        touch(&package.join("__main__.py"));
        package.join("__main__.py")
    }

    #[test]
    fn the_interpreter_of_a_virtual_environment_is_the_one_beside_the_program() {
        let prefix = tempfile::tempdir().unwrap();
        let script = install(prefix.path(), "lib/python3.11/site-packages");
        let (programs, elsewhere) = (prefix.path().join("bin"), prefix.path().join("elsewhere"));
        touch(&programs.join("python3.11"));
        touch(&elsewhere.join("python3.11"));
        let wanted = Installation { interpreter: programs.join("python3.11"), script };
        assert_eq!(find(&programs, elsewhere.as_os_str()), Some(wanted));
    }

    #[test]
    fn an_interpreter_elsewhere_is_found_on_the_search_path() {
        let prefix = tempfile::tempdir().unwrap();
        let script = install(prefix.path(), "lib/python3.9/dist-packages");
        let newer = install(prefix.path(), "lib/python3.10/dist-packages");
        let (programs, elsewhere) = (prefix.path().join("bin"), prefix.path().join("elsewhere"));
        touch(&elsewhere.join("python3.9"));
        let old = Installation { interpreter: elsewhere.join("python3.9"), script };
        assert_eq!(find(&programs, elsewhere.as_os_str()), Some(old));
        touch(&elsewhere.join("python3.10"));
        let new = Installation { interpreter: elsewhere.join("python3.10"), script: newer };
        assert_eq!(find(&programs, elsewhere.as_os_str()), Some(new));
    }

    #[test]
    fn without_the_extension_there_is_no_installation() {
        let prefix = tempfile::tempdir().unwrap();
        let programs = prefix.path().join("bin");
        touch(&programs.join("python3.11"));
        assert_eq!(find(&programs, OsStr::new("")), None);
        touch(&prefix.path().join("lib/python3.11/site-packages/mxcp/__main__.py"));
        assert_eq!(find(&programs, OsStr::new("")), None);
    }
}
