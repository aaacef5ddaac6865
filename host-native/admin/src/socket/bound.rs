//! A socket in the file system.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, fchmod};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};

use crate::error::Error;

/// Nobody but the user of the process may connect.
const MODE: u32 = 0o600;

/// How many connections wait to be accepted.
const BACKLOG: i32 = 128;

/// A socket that is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Bound {
    path: PathBuf,
    /// Device and number of the file: another server may have put its own in its place.
    file: (u64, u64),
}

impl Bound {
    /// Makes a socket and listens, unless somebody does already.
    pub(super) fn at(path: &Path) -> Result<(Self, UnixListener), Error> {
        let failed = |source| Error::Socket { path: path.to_path_buf(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(|error| match error.kind() {
            // Of a folder that is none, the system says that it exists.
            io::ErrorKind::AlreadyExists => failed(io::ErrorKind::NotADirectory.into()),
            _ => failed(error),
        })?;
        // Two servers that start at a time would both find the socket of a third one dead, and one remove the other's.
        let lock = File::open(folder).map_err(failed)?;
        lock.lock().map_err(failed)?;
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
            Ok(found) if !found.file_type().is_socket() => {
                return Err(Error::NoSocket { path: path.to_path_buf() });
            }
            Ok(_) => match UnixStream::connect(path) {
                // Only this says that nobody listens any more.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    fs::remove_file(path).map_err(failed)?;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Ok(_) | Err(_) => return Err(Error::InUse { path: path.to_path_buf() }),
            },
        }
        let listener = bind_at(path).map_err(failed)?;
        let metadata = fs::symlink_metadata(path).map_err(failed)?;
        let bound = Self { path: path.to_path_buf(), file: (metadata.dev(), metadata.ino()) };
        listener.set_nonblocking(true).map_err(failed)?;
        Ok((bound, listener))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let own = fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.file);
        if own && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the admin socket can't be removed");
        }
    }
}

/// Makes a socket that nobody else can connect to at any moment.
fn bind_at(path: &Path) -> io::Result<UnixListener> {
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // On Linux the file gets the mode of the socket, so that it never has another; elsewhere this fails, and the mode is
    // set before anybody can connect.
    let _on_linux = fchmod(&socket, Mode::from_raw_mode(MODE));
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    listen(&socket, BACKLOG)?;
    Ok(UnixListener::from(socket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_for_its_user_alone_and_removed_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/mxcp/mxcp.sock");
        let (bound, _listener) = Bound::at(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(bound);
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_in_use_stays_its_owner_s() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let first = Bound::at(&path).unwrap();
        assert!(matches!(Bound::at(&path), Err(Error::InUse { .. })));
        assert!(UnixStream::connect(&path).is_ok());
        drop(first);
    }

    #[test]
    fn a_socket_that_was_left_behind_is_replaced_and_another_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(Bound::at(&path).unwrap());
        fs::write(&path, "precious").unwrap();
        assert!(matches!(Bound::at(&path), Err(Error::NoSocket { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        let Err(Error::Socket { source, .. }) = Bound::at(&path.join("s")) else {
            panic!("a file is no folder")
        };
        assert_eq!(source.kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn a_socket_of_somebody_else_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let bound = Bound::at(&path).unwrap();
        fs::remove_file(&path).unwrap();
        // Its number may be that of the one before, which is still open.
        let other = UnixListener::bind(&path).unwrap();
        drop(bound);
        assert!(path.exists());
        drop(other);
    }
}
