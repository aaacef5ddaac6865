//! Python packages, each set in a virtual environment of its own.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Installs packages into an environment in the folder of fetched things, unless they are there; gives its interpreter.
pub(crate) fn install(workspace: &Workspace, folder: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = workspace.fetched(folder);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = folder.join("installed.txt");
    let wanted = packages.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    process::run(workspace.program("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .context("Python 3.10 or newer is needed, with its `venv` module")?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    process::run(workspace.program(&python).args(pip).args(packages))?;
    fs::write(&stamp, wanted)?;
    Ok(python)
}
