//! Reading files that people write, which are small.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use mxcp_core::diagnostic::{Code, Diagnostic};

use crate::failure::Failure;

/// Largest file that is read, in bytes: definitions, their sources and configuration are written by people.
pub(crate) const MAX_BYTES: u64 = 8 << 20;

/// Largest component that is read, in bytes: those of Python and JavaScript bring their interpreter along.
pub(crate) const MAX_COMPONENT_BYTES: u64 = 128 << 20;

/// The bytes of a file; none if it has more than [`MAX_BYTES`]. A pipe is read until it ends.
///
/// # Errors
/// It can't be read.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    read_up_to(MAX_BYTES, path)
}

/// The bytes of a file; none if it has more than `most`.
///
/// # Errors
/// It can't be read.
pub(crate) fn read_up_to(most: u64, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = fs::File::open(path)?;
    let length = file.metadata()?.len().min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= most))
}

/// Writes a file as a whole: whoever reads it meanwhile reads what was there before. A link at its place is replaced.
///
/// # Errors
/// It can't be written; nothing has changed then.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, bytes, None)
}

/// As [`replace`], but a link at its place is followed, and the file keeps the permissions of the one before. With
/// `private`, nobody else may read or write it.
///
/// # Errors
/// As [`replace`].
pub(crate) fn update(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    let real = path.canonicalize().unwrap_or_else(|_missing| path.to_owned());
    let permissions = fs::metadata(&real).ok().map(|metadata| metadata.permissions());
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt as _;
        if private { Some(fs::Permissions::from_mode(0o600)) } else { permissions }
    };
    #[cfg(not(unix))]
    let _ = private;
    replace_with(&real, bytes, permissions)
}

fn replace_with(path: &Path, bytes: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mxcp-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As of any file that is made; the user's mask takes away from it. What gets other permissions is nobody else's until
        // then.
        builder.permissions(fs::Permissions::from_mode(if permissions.is_some() { 0o600 } else { 0o666 }));
    }
    let mut file = builder.tempfile_in(folder)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// That a file has more than [`MAX_BYTES`]; `what` introduces the problem, `shown` is the file.
pub(crate) fn too_large(what: &str, shown: &str) -> Failure {
    let problem = format!("file is larger than {MAX_BYTES} bytes");
    Failure::project(what, [Diagnostic::error(Code::TooLarge, problem).at(shown)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = fs::File::create(&path).unwrap();
        file.set_len(MAX_BYTES).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().len() as u64, MAX_BYTES);
        file.set_len(MAX_BYTES + 1).unwrap();
        assert_eq!(read(&path).unwrap(), None);
        assert_eq!(read(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for text in ["one", "two"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("none/file"), b"").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_updated_keeps_its_permissions_and_the_link_to_it() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&path, "one").unwrap();
        symlink(&path, &link).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        update(&link, b"two", false).unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap().as_str()), (0o640, "two"));
        update(&link, b"three", true).unwrap();
        update(&link, b"four", false).unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap().as_str()), (0o600, "four"));
        assert!(link.is_symlink());
        update(&folder.path().join("new"), b"", true).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
