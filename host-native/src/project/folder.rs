//! The files below a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The files below a folder, and what could not be looked at.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Paths relative to the folder with `/` between their parts, sorted.
    pub(super) files: Vec<String>,
    /// Paths of folders that can't be read, and why.
    pub(super) unreadable: Vec<(String, io::Error)>,
}

impl Listing {
    /// Lists a folder at every depth. Links are followed; a folder reached twice is listed once.
    pub(super) fn of(folder: &Path) -> Self {
        let mut listing = Self::default();
        listing.visit(folder, "", &mut BTreeSet::new());
        listing.files.sort();
        listing
    }

    fn visit(&mut self, folder: &Path, prefix: &str, seen: &mut BTreeSet<PathBuf>) {
        let entries = fs::canonicalize(folder).and_then(|real| {
            if !seen.insert(real) {
                return Ok(Vec::new());
            }
            fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()
        });
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                return self.unreadable.push((prefix.trim_end_matches('/').to_owned(), error));
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let path = format!("{prefix}{}", name.to_string_lossy());
            let is_folder = entry.file_type().is_ok_and(|kind| {
                kind.is_dir()
                    || kind.is_symlink() && fs::metadata(entry.path()).is_ok_and(|target| target.is_dir())
            });
            if is_folder {
                self.visit(&entry.path(), &format!("{path}/"), seen);
            } else {
                self.files.push(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn files_are_sorted_and_circular_links_end() {
        let folder = std::env::temp_dir().join(format!("mxcp-folder-{}", std::process::id()));
        fs::create_dir_all(folder.join("b/c")).unwrap();
        for file in ["z.yml", "b/y.yml", "b/c/x.yml", ".h.yml", "_u.yml"] {
            fs::write(folder.join(file), "").unwrap();
        }
        std::os::unix::fs::symlink(&folder, folder.join("b/loop")).unwrap();
        let listing = Listing::of(&folder);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(listing.files, [".h.yml", "_u.yml", "b/c/x.yml", "b/y.yml", "z.yml"]);
        assert!(listing.unreadable.is_empty());
    }

    #[test]
    fn a_missing_folder_is_said_to_be_unreadable() {
        let listing = Listing::of(Path::new("/nowhere/at/all"));
        assert_eq!(listing.unreadable.len(), 1);
    }
}
