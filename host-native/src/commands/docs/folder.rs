//! The folder that a site is written to, which remembers what was written.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use mxcp_docs::Page;

use crate::failure::Failure;

/// The file that lists what was written, so that the next run may replace it.
const MANIFEST: &str = ".mxcp-docs";

/// What becomes of a folder that holds other files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    /// It is not touched.
    Refuse,
    /// The site is written beside them; a file of the same name is replaced.
    Keep,
}

/// A folder to write to.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// What an earlier run wrote.
    earlier: BTreeSet<String>,
}

impl Folder {
    /// A folder that need not exist.
    ///
    /// # Errors
    /// It holds files that no earlier run wrote, or can't be read.
    pub(super) fn open(path: &Path, existing: Existing) -> Result<Self, Failure> {
        let unreadable = || format!("{} can't be read", path.display());
        let earlier = match fs::read_to_string(path.join(MANIFEST)) {
            Ok(manifest) => manifest.lines().filter(|line| is_inside(line)).map(str::to_owned).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(anyhow::Error::new(error).context(unreadable()).into()),
        };
        let folder = Self { path: path.to_owned(), earlier };
        let is_empty = match fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(anyhow::Error::new(error).context(unreadable()).into()),
        };
        if existing == Existing::Refuse && !is_empty && !path.join(MANIFEST).exists() {
            let shown = path.display();
            return Err(Failure::message(format!(
                "{shown} holds files that `mxcp docs` did not write; name another folder with --output, or use --force"
            )));
        }
        Ok(folder)
    }

    /// Writes pages, and removes what an earlier run wrote that is none any more.
    ///
    /// # Errors
    /// A file can't be written or removed.
    pub(super) fn write(&self, pages: &[Page]) -> Result<(), Failure> {
        let paths: BTreeSet<&str> = pages.iter().map(|page| page.path.as_str()).collect();
        self.put(MANIFEST, &paths.iter().map(|path| format!("{path}\n")).collect::<String>())?;
        for page in pages {
            self.put(&page.path, &page.body)?;
        }
        for gone in self.earlier.iter().filter(|path| !paths.contains(path.as_str())) {
            match fs::remove_file(self.path.join(gone)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(anyhow::Error::new(error).context(format!("{gone} can't be removed")).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn put(&self, path: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
        }
        Ok(fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?)
    }
}

/// Whether a line of a manifest names something in the folder: anybody may have written it.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_can_not_lead_out_of_the_folder() {
        assert!(is_inside("tools/a.html"));
        for path in ["", "/etc/passwd", "../a", "tools/../../a"] {
            assert!(!is_inside(path), "{path}");
        }
    }
}
