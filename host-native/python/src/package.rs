//! The `mxcp` package for Python, as files that an interpreter can import.
//!
//! It is part of the program, so that a project gets the package of the program that runs it, whatever is installed.
//! Files rather than sources over the pipe, because Python keeps what it compiles beside them: a process starts in a
//! fraction of the time.

use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use mxcp_runtime::user_cache;
use tempfile::{NamedTempFile, TempDir};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/package.rs"));
}

/// The folder that has the package in it.
#[derive(Debug)]
pub(crate) struct Package {
    root: PathBuf,
    /// Taken away with the program, if no lasting place was to be had.
    _temporary: Option<TempDir>,
}

impl Package {
    /// Writes the package into the user's cache unless it is there, or into a temporary folder if that can't be.
    pub(crate) fn unpack() -> io::Result<Self> {
        if let Some(root) = user_cache::folder("python").map(|folder| folder.join(name())) {
            match user_cache::make_private(&root).and_then(|()| write(&root)) {
                Ok(()) => return Ok(Self { root, _temporary: None }),
                Err(error) => tracing::debug!(%error, "the cache can't be used for the Python package"),
            }
        }
        let temporary = tempfile::Builder::new().prefix("mxcp-python-").tempdir()?;
        write(temporary.path())?;
        Ok(Self { root: temporary.path().to_owned(), _temporary: Some(temporary) })
    }

    /// What the interpreter runs to become a worker. Files that were taken away meanwhile are written again: a server
    /// runs for longer than caches last.
    pub(crate) fn program(&self) -> io::Result<PathBuf> {
        write(&self.root)?;
        Ok(self.root.join("mxcp/_worker/__main__.py"))
    }
}

/// A name for this content of the package.
fn name() -> String {
    let mut hasher = DefaultHasher::new();
    embedded::FILES.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Writes the files that are not there as they should be, each at once: others may read them at the same time. `root` is the
/// folder that an interpreter has to search to find the package.
///
/// # Errors
/// One of them can't be written.
pub fn write(root: &Path) -> io::Result<()> {
    for (name, text) in embedded::FILES {
        let path = root.join(name);
        if fs::read(&path).is_ok_and(|present| present == text.as_bytes()) {
            continue;
        }
        let folder = path.parent().unwrap_or(root);
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(&path).map_err(|error| error.error)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let path = folder.path().join("mxcp/_worker/__main__.py");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, "raise SystemExit").unwrap();
        write(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
