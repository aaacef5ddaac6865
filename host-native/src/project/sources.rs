//! The texts of a project's Python.
//!
//! They are read when Python starts, and what runs keeps to them: a process that is started later imports the same, whatever
//! the files say by then, and a reload that fails can go back to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::lock;
use crate::project::Project;

/// Most bytes that are kept of one project. Where there are more, its files are read when they are imported.
const MOST: usize = 32 * 1024 * 1024;

/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 32;

/// The texts by path, links followed.
pub(crate) type Sources = BTreeMap<String, String>;

impl Project {
    /// The modules below the project's root, and in its folders of modules and plug-ins, as they are now.
    pub(crate) fn python_sources(&self) -> Sources {
        let mut walk = Walk::default();
        let folders =
            [self.site.modules_folder(), self.site.plugins_folder()].map(|folder| self.path(folder));
        for folder in [&self.root].into_iter().chain(&folders) {
            walk.visit(folder, 0);
        }
        if walk.bytes > MOST {
            tracing::debug!(bytes = walk.bytes, "there is more Python than is kept");
            return Sources::new();
        }
        walk.sources
    }
}

#[derive(Debug, Default)]
struct Walk {
    sources: Sources,
    bytes: usize,
    /// Folders that were visited, without links.
    seen: BTreeSet<PathBuf>,
}

impl Walk {
    /// Reads what is in a folder. What can't be read is left to Python, which says why.
    fn visit(&mut self, folder: &Path, depth: usize) {
        let Ok(real) = folder.canonicalize() else { return };
        if depth > MAX_DEPTH || self.bytes > MOST || !self.seen.insert(real.clone()) {
            return;
        }
        let Ok(entries) = fs::read_dir(&real) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if path.is_dir() {
                if lock::may_hold_modules(name, &path) {
                    self.visit(&path, depth + 1);
                }
            } else if path.extension().is_some_and(|suffix| suffix == "py") {
                self.read(&path);
            }
        }
    }

    fn read(&mut self, path: &Path) {
        let (Ok(path), Ok(text)) = (path.canonicalize(), fs::read_to_string(path)) else { return };
        if let Some(path) = path.to_str() {
            self.bytes += text.len();
            self.sources.insert(path.to_owned(), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_the_project_are_read_and_those_of_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let files =
            ["a.py", "pack/b.py", "pack/data.csv", "venv/pyvenv.cfg", "venv/c.py", "pack/__pycache__/b.py"];
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        std::os::unix::fs::symlink(&root, root.join("again")).unwrap();
        let mut walk = Walk::default();
        walk.visit(&root, 0);
        let expected =
            ["a.py", "pack/b.py"].map(|file| (root.join(file).display().to_string(), file.to_owned()));
        assert_eq!(walk.sources.into_iter().collect::<Vec<_>>(), expected);
    }
}
