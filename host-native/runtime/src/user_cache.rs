//! The user's cache: files that the program made, and can make again.
//!
//! What is kept there may be run, so a folder is used only if nobody else can write to it.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The bits of a mode by which others than the owner may write.
const OTHERS_WRITE: u32 = 0o022;

/// A folder of the program in the user's cache, by its name; none if the user has no cache.
#[must_use]
pub fn folder(name: &str) -> Option<PathBuf> {
    Some(root()?.join("mxcp").join(name))
}

/// Where the user's programs keep what can be made again.
fn root() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(folder) = absolute("XDG_CACHE_HOME") {
        return Some(folder);
    }
    let home = absolute("HOME")?;
    Some(home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
}

/// Makes a folder that only this user can write to, or finds that it is one.
///
/// # Errors
/// It can't be made or written to, or others can write to it.
pub fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let probe = NamedTempFile::new_in(folder)?;
    let found = fs::symlink_metadata(folder)?;
    if found.is_dir() && is_private(&found, probe.as_file())? {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can write to the folder"))
}

/// Whether only the owner of `mine`, a file that this process made, can write to what `found` describes.
fn is_private(found: &fs::Metadata, mine: &File) -> io::Result<bool> {
    Ok(found.uid() == mine.metadata()?.uid() && found.mode() & OTHERS_WRITE == 0)
}

/// Opens a regular file that only this user can write to; `folder`, where it lies, passed [`make_private`].
///
/// # Errors
/// It can't be opened, or others can write to it.
pub fn open_private(folder: &Path, name: &str) -> io::Result<File> {
    let file = File::open(folder.join(name))?;
    // The file that is open is looked at, not the name, which may mean another one by now.
    let (found, of_folder) = (file.metadata()?, fs::symlink_metadata(folder)?);
    if found.is_file() && found.uid() == of_folder.uid() && found.mode() & OTHERS_WRITE == 0 {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can write to the file"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        assert!(make_private(folder.path()).is_ok());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(make_private(folder.path()).is_err());
    }

    #[test]
    fn a_file_that_others_can_write_to_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code");
        fs::write(&path, "code").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(open_private(folder.path(), "code").is_ok());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
        assert!(open_private(folder.path(), "code").is_err());
    }
}
