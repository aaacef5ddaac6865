//! The digests of the files that a project is made of.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use mxcp_core::load::Content;
use mxcp_core::lock::Digest;
use sha2::{Digest as _, Sha256};

/// Bytes that are hashed at a time.
const CHUNK: usize = 64 << 10;

/// The digests of files, as they were read, and what stands against locking some of them.
#[derive(Clone, Debug)]
pub(crate) struct Inventory {
    root: PathBuf,
    files: BTreeMap<String, Digest>,
    problems: Vec<String>,
}

impl Inventory {
    /// An inventory of nothing yet of the project in the folder `root`.
    pub(crate) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), files: BTreeMap::new(), problems: Vec::new() }
    }

    /// Adds a file that was read. One that does not exist is no part of what is served: its endpoint is broken.
    pub(crate) fn add(&mut self, path: &str, content: &Content) {
        let digest = match content {
            Content::Bytes(bytes) => super::digest(bytes),
            Content::Component(component) => match Digest::from_hex(&component.digest) {
                Ok(digest) => digest,
                Err(problem) => return self.refuse(format!("`{path}` has no digest: {problem}")),
            },
            Content::Missing => return,
            Content::Outside(_) => return self.refuse(outside(path)),
            Content::TooLarge { limit } => {
                return self.refuse(format!("`{path}` is larger than {limit} bytes"));
            }
            Content::Unreadable(why) => return self.refuse(format!("`{path}` can't be read: {why}")),
        };
        self.put(path, digest);
    }

    /// Adds a file by reading it.
    pub(crate) fn hash(&mut self, path: &str) {
        let full = self.root.join(path);
        match hash(&full) {
            Ok(digest) if is_inside(&self.root, &full) => self.put(path, digest),
            Ok(_) => self.refuse(outside(path)),
            Err(error) => self.refuse(format!("`{path}` can't be read: {error}")),
        }
    }

    /// Adds a file whose digest is known.
    pub(crate) fn put(&mut self, path: &str, digest: Digest) {
        match name(&self.root, path) {
            // What the loader read counts, not what a later reader found.
            Some(name) => drop(self.files.entry(name).or_insert(digest)),
            None => self.refuse(outside(path)),
        }
    }

    /// Notes why something can't be locked.
    pub(crate) fn refuse(&mut self, problem: String) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Whether a file is in it already.
    pub(super) fn has(&self, path: &str) -> bool {
        name(&self.root, path).is_some_and(|name| self.files.contains_key(&name))
    }

    /// The digests that are known, by path.
    pub(crate) fn files(&self) -> &BTreeMap<String, Digest> {
        &self.files
    }

    /// The path by which a file of the project is known; none if it leads out of the project.
    pub(crate) fn name(&self, path: &str) -> Option<String> {
        name(&self.root, path)
    }

    /// The digests by path.
    ///
    /// # Errors
    /// Why there is no saying what the project is made of.
    pub(super) fn into_files(self) -> Result<BTreeMap<String, Digest>, Vec<String>> {
        if self.problems.is_empty() { Ok(self.files) } else { Err(self.problems) }
    }
}

fn outside(path: &str) -> String {
    format!("`{path}` lies outside of the project's folder: copy it into the project")
}

/// The name of a file in the lock; none if the path leads out of the project.
fn name(root: &Path, path: &str) -> Option<String> {
    let path = Path::new(path);
    let path = if path.is_absolute() { path.strip_prefix(root).ok()? } else { path };
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// Whether a file, its links followed, is in a folder.
fn is_inside(folder: &Path, path: &Path) -> bool {
    match (folder.canonicalize(), path.canonicalize()) {
        (Ok(folder), Ok(path)) => path.starts_with(folder),
        _ => false,
    }
}

fn hash(path: &Path) -> io::Result<Digest> {
    // A pipe would never end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(Digest::new(hasher.finalize().into())),
            read => hasher.update(chunk.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_one_name_however_their_paths_are_written() {
        let root = Path::new("/srv/project");
        for path in ["tools/x.yml", "./tools//x.yml", "a/../tools/x.yml", "/srv/project/tools/x.yml"] {
            assert_eq!(name(root, path).as_deref(), Some("tools/x.yml"), "{path}");
        }
        for path in ["../x.yml", "a/../../x.yml", "/srv/other/x.yml", "/srv/project-2/x.yml"] {
            assert_eq!(name(root, path), None, "{path}");
        }
    }

    #[test]
    fn what_can_not_be_read_is_told_all_at_once() {
        let mut inventory = Inventory::of(Path::new("/nowhere"));
        inventory.add("a.yml", &Content::TooLarge { limit: 5 });
        inventory.add("b.yml", &Content::Unreadable("denied".to_owned()));
        inventory.add("c.yml", &Content::Outside(Vec::new()));
        inventory.add("../d.yml", &Content::Bytes(Vec::new()));
        inventory.add("e.yml", &Content::Missing);
        inventory.hash("f.py");
        let problems = inventory.into_files().unwrap_err();
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(problems[3].starts_with("`../d.yml` lies outside"), "{problems:?}");
        assert!(problems[4].starts_with("`f.py` can't be read"), "{problems:?}");
    }

    #[test]
    fn what_was_read_first_counts() {
        let mut inventory = Inventory::of(Path::new("/nowhere"));
        inventory.add("a.py", &Content::Bytes(b"one".to_vec()));
        inventory.put("a.py", super::super::digest(b"two"));
        assert_eq!(inventory.into_files().unwrap()["a.py"], super::super::digest(b"one"));
    }

    #[test]
    fn files_are_hashed_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = vec![7; CHUNK * 2 + 1];
        fs::write(folder.path().join("large"), &bytes).unwrap();
        assert_eq!(hash(&folder.path().join("large")).unwrap(), super::super::digest(&bytes));
        assert!(hash(folder.path()).is_err());
    }
}
