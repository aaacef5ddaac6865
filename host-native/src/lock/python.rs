//! The files that Python can import.
//!
//! Python imports them itself and later, so that they are pinned as of the moment of the check. They are all files in the
//! folders of modules and plug-ins, for a module may read what lies beside it, and every module below the project's root,
//! which Python is told to search too.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Inventory;
use crate::project::Project;

/// Suffixes of what Python imports.
const MODULES: [&str; 4] = ["py", "pyc", "pyd", "so"];

/// Folders that hold no modules of the project: what Python writes itself, and what others installed.
const PASSED_OVER: [&str; 4] = ["__pycache__", "dist-packages", "node_modules", "site-packages"];

/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 32;

/// Adds the files that Python can import in a project.
pub(super) fn add(project: &Project, inventory: &mut Inventory) {
    for written in [project.site.modules_folder(), project.site.plugins_folder()] {
        let folder = project.path(written);
        if folder.exists() {
            Walk::new(inventory, Wanted::Everything).visit(&folder, written.trim_end_matches('/'), 0);
        }
    }
    Walk::new(inventory, Wanted::Modules).visit(&project.root, "", 0);
}

/// Which files are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// All but hidden ones.
    Everything,
    /// Those that can be imported by a name that begins at the folder.
    Modules,
}

#[derive(Debug)]
struct Walk<'a> {
    inventory: &'a mut Inventory,
    wanted: Wanted,
    /// Folders that were visited, without links.
    seen: BTreeSet<PathBuf>,
}

impl<'a> Walk<'a> {
    fn new(inventory: &'a mut Inventory, wanted: Wanted) -> Self {
        Self { inventory, wanted, seen: BTreeSet::new() }
    }

    /// Adds what is in a folder; `shown` is its path as the project writes it.
    fn visit(&mut self, folder: &Path, shown: &str, depth: usize) {
        let entries = match self.entries(folder, depth) {
            Ok(entries) => entries,
            // Python finds no module there either.
            Err(error)
                if self.wanted == Wanted::Modules && error.kind() == io::ErrorKind::PermissionDenied =>
            {
                return;
            }
            Err(error) => return self.inventory.refuse(format!("folder `{shown}` can't be read: {error}")),
        };
        for entry in entries {
            let (name, path) = (entry.file_name(), entry.path());
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let prefix = if shown.is_empty() { String::new() } else { format!("{shown}/") };
            let Some(name) = name.to_str() else {
                if self.wanted == Wanted::Everything {
                    self.inventory.refuse(format!("the name of `{}` is no text", path.display()));
                }
                continue;
            };
            let shown = format!("{prefix}{name}");
            if path.is_dir() {
                if self.enters(name, &path) {
                    self.visit(&path, &shown, depth + 1);
                }
            } else if (self.wanted == Wanted::Everything || is_module(&path)) && !self.inventory.has(&shown) {
                self.inventory.hash(&shown);
            }
        }
    }

    fn entries(&mut self, folder: &Path, depth: usize) -> io::Result<Vec<fs::DirEntry>> {
        if depth > MAX_DEPTH {
            return Err(io::Error::other(format!("it lies deeper than {MAX_DEPTH} folders")));
        }
        if !self.seen.insert(folder.canonicalize()?) {
            return Ok(Vec::new());
        }
        let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        Ok(entries)
    }

    fn enters(&self, name: &str, path: &Path) -> bool {
        match self.wanted {
            Wanted::Everything => !PASSED_OVER.contains(&name),
            Wanted::Modules => may_hold_modules(name, path),
        }
    }
}

/// Whether modules of the project may lie in a folder of this name.
pub(crate) fn may_hold_modules(name: &str, path: &Path) -> bool {
    // No name of a module has other characters, and a virtual environment is no package.
    let can_be_named = || name.chars().all(|character| character.is_alphanumeric() || character == '_');
    !PASSED_OVER.contains(&name) && can_be_named() && !path.join("pyvenv.cfg").exists()
}

fn is_module(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|suffix| MODULES.contains(&suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: Wanted, files: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut inventory = Inventory::of(folder.path());
        Walk::new(&mut inventory, wanted).visit(folder.path(), "", 0);
        inventory.into_files().unwrap().into_keys().collect()
    }

    const FILES: [&str; 9] = [
        "a.py",
        "data.csv",
        "pack/b.py",
        "pack/c.so",
        "no-name/d.py",
        ".hidden/e.py",
        "pack/__pycache__/b.pyc",
        "venv/pyvenv.cfg",
        "venv/f.py",
    ];

    #[test]
    fn modules_are_what_python_can_name() {
        assert_eq!(names(Wanted::Modules, &FILES), ["a.py", "pack/b.py", "pack/c.so"]);
    }

    #[test]
    fn everything_is_all_but_what_is_hidden_or_made_by_python() {
        let expected =
            ["a.py", "data.csv", "no-name/d.py", "pack/b.py", "pack/c.so", "venv/f.py", "venv/pyvenv.cfg"];
        assert_eq!(names(Wanted::Everything, &FILES), expected);
    }

    #[cfg(unix)]
    #[test]
    fn circular_links_end_and_links_that_lead_out_are_refused() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("x.py"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        std::os::unix::fs::symlink(other.path().join("x.py"), folder.path().join("x.py")).unwrap();
        let mut inventory = Inventory::of(folder.path());
        Walk::new(&mut inventory, Wanted::Everything).visit(folder.path(), "", 0);
        let problems = inventory.into_files().unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("`x.py` lies outside"), "{problems:?}");
    }
}
