//! A folder of the project that a component may use.

use std::path::{Path, PathBuf};

use mxcp_core::schema::FolderAccess;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// A folder, and what the component sees it as.
#[derive(Debug)]
pub(super) struct Folder {
    /// As the definition writes it, for messages.
    written: String,
    /// Without links.
    path: PathBuf,
    mount: String,
    permissions: FsPerms,
}

impl Folder {
    /// The folder that a definition of the project in `root` names.
    ///
    /// # Errors
    /// It isn't one of the project's folders, or it is the project itself and may be written.
    pub(super) fn new(access: &FolderAccess, root: &Path) -> Result<Self, String> {
        let written = access.folder.clone();
        let missing = |error| format!("folder `{written}` can't be granted: {error}");
        let root = root.canonicalize().map_err(missing)?;
        let path = root.join(&written).canonicalize().map_err(missing)?;
        if !path.starts_with(&root) {
            return Err(format!("folder `{written}` can't be granted: it lies outside of the project"));
        }
        if !path.is_dir() {
            return Err(format!("folder `{written}` can't be granted: it is no folder"));
        }
        let write = access.write.unwrap_or(false);
        if write && path == root {
            return Err(
                "the project's own folder can't be granted for writing: its definitions are in there"
                    .to_owned(),
            );
        }
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mount = access.mount.clone().unwrap_or_else(|| format!("/{name}"));
        let permissions = if write { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
        Ok(Self { written, path, mount, permissions })
    }

    /// Gives it to WASI, which lets no path and no link lead out of it.
    ///
    /// # Errors
    /// It isn't there any more, or a link took its place.
    pub(super) fn open(&self, wasi: &mut WasiCtxBuilder) -> Result<(), String> {
        // A component that may write to a folder above could have put a link here.
        let same = self.path.canonicalize().is_ok_and(|path| path == self.path);
        let opened = same && wasi.preopened_dir(&self.path, &self.mount, self.permissions).is_ok();
        if opened { Ok(()) } else { Err(format!("folder `{}` isn't there any more", self.written)) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(written: &str, write: bool, root: &Path) -> Result<Folder, String> {
        let access = FolderAccess { folder: written.to_owned(), mount: None, write: Some(write) };
        Folder::new(&access, root)
    }

    #[test]
    fn folders_are_those_of_the_project() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("project");
        fs::create_dir_all(root.join("data/in")).unwrap();
        fs::create_dir_all(outer.path().join("other")).unwrap();
        symlink(outer.path().join("other"), root.join("link")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        assert_eq!(folder("data/in", true, &root).unwrap().mount, "/in");
        for outside in ["../other", "link", "/", "file", "nowhere", "data/../../other"] {
            assert!(folder(outside, false, &root).is_err(), "{outside}");
        }
        assert!(folder(".", false, &root).is_ok());
        assert!(folder(".", true, &root).is_err());
    }

    #[test]
    fn a_link_that_took_the_place_of_a_folder_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("data")).unwrap();
        let granted = folder("data", false, root.path()).unwrap();
        assert!(granted.open(&mut WasiCtxBuilder::new()).is_ok());
        fs::remove_dir(root.path().join("data")).unwrap();
        symlink("/", root.path().join("data")).unwrap();
        assert!(granted.open(&mut WasiCtxBuilder::new()).is_err());
    }
}
