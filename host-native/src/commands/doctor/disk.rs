//! Files and folders, looked at without touching them.

use std::path::Path;
use std::{fs, io};

/// Whether files can be made in a folder, or it can be made where it is missing. Nothing is made.
///
/// # Errors
/// Why not.
pub(super) fn can_make_files(folder: &Path) -> Result<(), String> {
    for ancestor in folder.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        let shown = ancestor.display();
        match fs::metadata(ancestor) {
            Ok(found) if !found.is_dir() => return Err(format!("{shown} is no folder")),
            Ok(_) => {
                return may_write(ancestor).map_err(|error| format!("{shown} can't be written to: {error}"));
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(format!("{shown} can't be looked at: {error}")),
        }
    }
    Err(format!("no part of {} exists", folder.display()))
}

/// Whether the user may write to a file, or make files in a folder.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub(super) fn may_write(path: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};

    let wanted = if path.is_dir() { Access::WRITE_OK | Access::EXEC_OK } else { Access::WRITE_OK };
    Ok(access(path, wanted)?)
}

#[cfg(not(unix))]
pub(super) fn may_write(path: &Path) -> io::Result<()> {
    if path.metadata()?.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// Whether others than the owner may read a file.
#[cfg(unix)]
pub(super) fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
pub(super) fn others_may_read(_path: &Path) -> bool {
    false
}

/// Whether others than the owner may write to what is there.
#[cfg(unix)]
pub(super) fn others_may_write(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o022 != 0)
}

#[cfg(not(unix))]
pub(super) fn others_may_write(_path: &Path) -> bool {
    false
}

/// Bytes that the user may still write where a folder is, or will be; none if the system does not tell.
#[cfg(unix)]
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|ancestor| ancestor.is_dir())?;
    let space = rustix::fs::statvfs(existing).ok()?;
    Some(space.f_bavail * space.f_frsize)
}

#[cfg(not(unix))]
pub(super) fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_missing_can_be_made_below_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(can_make_files(folder.path()), Ok(()));
        assert_eq!(can_make_files(&folder.path().join("a/b")), Ok(()));
        fs::write(folder.path().join("file"), "").unwrap();
        let problem = can_make_files(&folder.path().join("file/b")).unwrap_err();
        assert!(problem.ends_with("/file is no folder"), "{problem}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_to_be_is_as_large_as_the_disk_it_will_be_on() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(free_bytes(&folder.path().join("a/b")).is_some(), cfg!(unix));
    }
}
