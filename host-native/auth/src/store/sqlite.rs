//! The store as a file of this machine, which nobody else may read.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use sqlx::AnyConnection;

use super::StoreError;
use super::database::{Address, Kind};

/// The file at `path`, made with its folder if it is not there.
///
/// # Errors
/// It can't be made or opened.
pub(super) fn address(path: &Path) -> Result<Address, StoreError> {
    let refuse = |error: std::io::Error| {
        StoreError::Settings(format!("can't open the store of logins `{}`: {error}", path.display()))
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(refuse)?;
    }
    // SQLite would make it for everyone to read.
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let permissions = file.and_then(|file| file.metadata()).map_err(refuse)?.permissions();
    if permissions.mode() & 0o077 != 0
        && let Err(error) = fs::set_permissions(path, Permissions::from_mode(0o600))
    {
        tracing::warn!("others may read the store of logins `{}`: {error}", path.display());
    }
    let path = path.canonicalize().map_err(refuse)?;
    let options = format!("sqlite://{}?mode=rw", escaped(&path)).parse()?;
    Ok(Address { kind: Kind::Sqlite, options })
}

/// The path as part of a URL.
fn escaped(path: &Path) -> String {
    let mut escaped = String::new();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' => escaped.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Lets readers go on while somebody writes, from now on.
///
/// # Errors
/// The file is no database, or can't be written.
pub(super) async fn settle(connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query("PRAGMA journal_mode = WAL").execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn nobody_else_may_read_the_file_or_its_new_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/er/oauth.db");
        address(&path).unwrap();
        assert_eq!(
            [mode(&path), mode(path.parent().unwrap()), mode(&folder.path().join("new"))],
            [0o600, 0o700, 0o700]
        );
    }

    #[test]
    fn a_file_that_others_could_read_is_closed_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("oauth.db");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        address(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn any_name_of_a_file_is_part_of_a_url() {
        assert_eq!(escaped(Path::new("/a b/c?d=%41#e/ü.db")), "/a%20b/c%3Fd%3D%2541%23e/%C3%BC.db");
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = address(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with("can't open the store of logins `"), "{error}");
    }
}
