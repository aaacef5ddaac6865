//! The files of a project that people write, as they were at some moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Sight;

/// What definitions and their sources are written in. Data is left out: the project itself may write it.
const EXTENSIONS: [&str; 5] = ["py", "sql", "wasm", "yaml", "yml"];

/// What servers write, and time and again: databases and the audit log.
const WRITTEN: [&str; 4] = ["db", "duckdb", "jsonl", "wal"];

/// Folders full of files that nobody writes by hand.
const PASSED_OVER: [&str; 4] = ["__pycache__", "node_modules", "target", "venv"];

/// How deep folders are looked into.
const MAX_DEPTH: usize = 32;

/// The state of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// Length and time of the last change, by path.
    states: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
    /// The folders that they are in, and those that have none yet, except for those of data: to be told of each write is work for
    /// whoever writes.
    folders: BTreeSet<PathBuf>,
}

impl Files {
    /// The files that can be seen now.
    pub(super) fn of(sight: &Sight) -> Self {
        let mut files = Self::default();
        for folder in &sight.folders {
            files.visit(folder, MAX_DEPTH);
        }
        for file in &sight.files {
            files.add(file.clone());
            // An editor may put another file in its place, which only the folder tells.
            files.folders.extend(file.parent().filter(|folder| folder.is_dir()).map(Path::to_path_buf));
        }
        files
    }

    /// The folders in which something may change.
    pub(super) fn folders(&self) -> &BTreeSet<PathBuf> {
        &self.folders
    }

    /// A folder that can't be read has no files: it may be gone by the time it is looked at.
    fn visit(&mut self, folder: &Path, depth: usize) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let (mut is_written, mut is_edited) = (false, false);
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let Ok(kind) = entry.file_type() else { continue };
            if name.starts_with('.') || kind.is_dir() && PASSED_OVER.contains(&&*name) {
                continue;
            }
            let path = entry.path();
            if kind.is_dir() {
                is_edited = true;
                if depth > 0 {
                    self.visit(&path, depth - 1);
                }
            } else if is_source(&path) {
                is_edited = true;
                self.add(path);
            } else {
                is_written |= has_extension(&path, &WRITTEN);
            }
        }
        if is_edited || !is_written {
            self.folders.insert(folder.to_path_buf());
        }
    }

    fn add(&mut self, path: PathBuf) {
        if let Ok(metadata) = fs::metadata(&path)
            && metadata.is_file()
        {
            self.states.insert(path, (metadata.len(), metadata.modified().ok()));
        }
    }

    /// The files that are not as they were, new and gone ones among them; those below `root` relative to it.
    pub(super) fn difference(&self, now: &Self, root: &Path) -> Vec<String> {
        let gone = self.states.keys().filter(|path| !now.states.contains_key(*path));
        let changed = now.states.iter().filter(|(path, state)| self.states.get(*path) != Some(state));
        let shown = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).display().to_string();
        let mut paths: Vec<_> = gone.chain(changed.map(|(path, _)| path)).map(shown).collect();
        paths.sort();
        paths
    }
}

/// Whether it is the name of a file that people write.
pub(super) fn is_source(path: &Path) -> bool {
    has_extension(path, &EXTENSIONS)
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().and_then(|it| it.to_str()).is_some_and(|it| extensions.contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_those_of_files_that_people_write() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for folder in ["tools", "data", ".git", "node_modules/x", ".home"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("tools/a.yml"), "a").unwrap();
        fs::write(root.join("tools/gone.yml"), "a").unwrap();
        fs::write(root.join(".home/config"), "a").unwrap();
        let sight = Sight::of(root).with_file(root.join(".home/config"));
        let before = Files::of(&sight);
        fs::write(root.join("tools/a.yml"), "longer").unwrap();
        fs::write(root.join("tools/b.sql"), "b").unwrap();
        fs::write(root.join(".home/config"), "longer").unwrap();
        fs::remove_file(root.join("tools/gone.yml")).unwrap();
        for other in ["data/db.duckdb", ".git/x.yml", "node_modules/x/y.yml", "data/out.csv"] {
            fs::write(root.join(other), "x").unwrap();
        }
        let after = Files::of(&sight);
        let changed = [".home/config", "tools/a.yml", "tools/b.sql", "tools/gone.yml"];
        assert_eq!(before.difference(&after, root), changed);
        assert!(before.difference(&before, root).is_empty());
        let watched: Vec<_> = after
            .folders()
            .iter()
            .map(|folder| folder.strip_prefix(root).unwrap().display().to_string())
            .collect();
        assert_eq!(watched, ["", ".home", "tools"]);
    }

    #[test]
    fn folders_of_data_are_not_listened_to() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in
            ["audit/logs.jsonl", "data/db.duckdb.wal", "both/db.duckdb", "both/a.sql", "deep/db.duckdb"]
        {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "x").unwrap();
        }
        for empty in ["tools", "deep/within"] {
            fs::create_dir_all(root.join(empty)).unwrap();
        }
        let folders = |files: &Files| -> Vec<String> {
            files.folders.iter().map(|it| it.strip_prefix(root).unwrap().display().to_string()).collect()
        };
        assert_eq!(folders(&Files::of(&Sight::of(root))), ["", "both", "deep", "deep/within", "tools"]);
        // They are still looked at.
        let before = Files::of(&Sight::of(root));
        fs::write(root.join("data/a.sql"), "a").unwrap();
        let after = Files::of(&Sight::of(root));
        assert_eq!(before.difference(&after, root), ["data/a.sql"]);
        assert!(folders(&after).contains(&"data".to_owned()));
    }
}
