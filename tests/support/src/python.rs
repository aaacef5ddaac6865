//! The program as a module of Python, as an installed wheel has it.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::workspace_root;

/// The package, put together from its sources and the extension module that was built beside the binary.
#[derive(Debug)]
pub struct Module {
    folder: tempfile::TempDir,
    libraries: PathBuf,
}

impl Module {
    /// The module that belongs to a binary.
    ///
    /// # Errors
    /// The extension module was not built, or the package can't be put together.
    pub fn beside(binary: &Path) -> anyhow::Result<Self> {
        let libraries = binary.parent().context("a binary is in a folder")?.to_owned();
        let extension =
            libraries.join(if cfg!(target_os = "macos") { "lib_native.dylib" } else { "lib_native.so" });
        ensure!(
            extension.is_file(),
            "{} is missing: `cargo build -p mxcp-python-native` makes it",
            extension.display()
        );
        let folder = tempfile::tempdir()?;
        let package = folder.path().join("mxcp");
        std::fs::create_dir(&package)?;
        for entry in std::fs::read_dir(workspace_root().join("host-native/python/package/mxcp"))? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|extension| extension == "so") {
                // Of a development install.
                continue;
            }
            symlink(entry.path(), package.join(entry.file_name()))?;
        }
        symlink(extension, package.join("_native.abi3.so"))?;
        Ok(Self { folder, libraries })
    }

    /// The interpreter that runs it.
    #[must_use]
    pub fn interpreter(&self) -> &Path {
        Path::new("python3")
    }

    /// The variables that it needs.
    pub fn variables(&self) -> [(&str, &str); 3] {
        [
            ("PYTHONPATH", self.folder.path().to_str().unwrap_or_default()),
            // The library of DuckDB lies where the extension module was built.
            ("LD_LIBRARY_PATH", self.libraries.to_str().unwrap_or_default()),
            ("PYTHONDONTWRITEBYTECODE", "1"),
        ]
    }
}
