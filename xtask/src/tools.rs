//! Programs that build components, kept outside of the clone: fetched once for all clones.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Where things are kept beyond a clone: `MXCP_CACHE`, or `mxcp` in the user's cache.
pub(crate) fn cache() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(folder) = variable("MXCP_CACHE") {
        return Ok(folder);
    }
    let user = variable("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
    Ok(user.context("there is no home folder; name one for caches in `MXCP_CACHE`")?.join("mxcp"))
}

/// The folder of a package: `componentize-py-0.25.1` for `componentize-py==0.25.1`.
pub(crate) fn folder(package: &str) -> Result<PathBuf> {
    let name = package.trim_start_matches('@').replace("==", "-").replace(['/', '@'], "-");
    Ok(cache()?.join("tools").join(name))
}

/// A virtual environment of Python with one package.
#[derive(Debug)]
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// The environment with a package, which is fetched if it is not there.
    pub(crate) fn ensure(workspace: &Workspace, package: &str) -> Result<Self> {
        Self::ensure_all(workspace, package, &[])
    }

    /// The same, with other packages beside the one that it is named after.
    pub(crate) fn ensure_all(workspace: &Workspace, package: &str, others: &[&str]) -> Result<Self> {
        let environment = Self(folder(package)?);
        let packages = [&[package], others].concat();
        let wanted = packages.join("\n");
        let stamp = environment.0.join("installed.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(environment);
        }
        process::run(workspace.program("python3").args(["-m", "venv", "--clear"]).arg(&environment.0))
            .context("Python 3.10 or newer is needed, with its `venv` module")?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        process::run(workspace.program(environment.program("python")).args(pip).args(&packages))?;
        fs::write(&stamp, wanted)?;
        Ok(environment)
    }

    /// One of its programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        if cfg!(windows) {
            self.0.join("Scripts").join(name).with_extension("exe")
        } else {
            self.0.join("bin").join(name)
        }
    }
}
