//! The package for Python, put together from its sources and what cargo builds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::folder;
use crate::workspace::{Profile, Workspace};

/// Puts the package together below the target folder, with the extension module of a profile and that of the floor.
/// Gives the folder for `PYTHONPATH`, and the one of the binaries.
pub(crate) fn package(workspace: &Workspace, profile: Profile) -> Result<(PathBuf, PathBuf)> {
    let binaries = workspace.build(&["mxcp-python-native", "mxcp-bench-python"], profile)?;
    let folder = binaries.join("python");
    let package = folder.join("mxcp");
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    folder::copy(&workspace.path("host-native/python/package/mxcp"), &package)?;
    place(&binaries, "_native", &package.join("_native.abi3.so"))?;
    place(&binaries, "floor_pyo3", &folder.join("floor_pyo3.abi3.so"))?;
    Ok((folder, binaries))
}

fn place(binaries: &Path, name: &str, target: &Path) -> Result<()> {
    let library = binaries.join(format!("lib{name}.{}", std::env::consts::DLL_EXTENSION));
    fs::copy(&library, target).with_context(|| library.display().to_string())?;
    Ok(())
}
