//! The workspace that the commands work on.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// Where things are.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

/// How a binary is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Fast to build.
    Dev,
    /// Fast to run.
    Release,
}

impl Workspace {
    /// The workspace that this command was started from.
    pub(crate) fn find() -> Result<Self> {
        // The variable is of the running cargo; the constant may name another checkout that shares the target folder.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = manifest
            .parent()
            .context("xtask lies outside of a workspace")?
            .to_owned();
        Ok(Self { root })
    }

    /// A path below the workspace's root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path in the folder of fetched things, which is never committed.
    pub(crate) fn fetched(&self, relative: &str) -> PathBuf {
        self.root.join(".deps").join(relative)
    }

    /// A program that runs at the workspace's root and finds the DuckDB library.
    pub(crate) fn program(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        command
            .current_dir(&self.root)
            .env(LIBRARY_PATH, self.library_path());
        command
    }

    /// Cargo at the workspace's root.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        command
    }

    /// Builds packages and gives the folder with their binaries; the DuckDB library lies beside them.
    pub(crate) fn build(&self, packages: &[&str], profile: Profile) -> Result<PathBuf> {
        let mut cargo = self.cargo(["build"]);
        for package in packages {
            cargo.args(["--package", package]);
        }
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        crate::process::run(&mut cargo)?;
        let folder = self.target()?.join(match profile {
            Profile::Dev => "debug",
            Profile::Release => "release",
        });
        self.place_library(&folder)?;
        Ok(folder)
    }

    /// The folder of build results, wherever the user's configuration puts it.
    pub(crate) fn target(&self) -> Result<PathBuf> {
        let text =
            crate::process::output(&mut self.cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: serde_json::Value =
            serde_json::from_str(&text).context("cargo metadata gave no JSON")?;
        let folder = metadata
            .get("target_directory")
            .and_then(serde_json::Value::as_str);
        folder
            .map(PathBuf::from)
            .context("cargo metadata names no target folder")
    }

    /// Puts the library where a binary looks for it when nothing else says where it is.
    fn place_library(&self, folder: &Path) -> Result<()> {
        let name = crate::commands::setup::library_name();
        let (from, to) = (self.fetched("duckdb").join(name), folder.join(name));
        let same = |path: &Path| {
            path.metadata()
                .ok()
                .map(|data| (data.len(), data.modified().ok()))
        };
        if !from.exists() || same(&from) == same(&to) {
            return Ok(());
        }
        let _absent_or_old = std::fs::remove_file(&to);
        std::fs::hard_link(&from, &to)
            .or_else(|_| std::fs::copy(&from, &to).map(drop))
            .with_context(|| format!("can't put {} beside the binaries", from.display()))
    }

    fn library_path(&self) -> OsString {
        let mut paths = vec![self.fetched("duckdb")];
        paths.extend(env::var_os(LIBRARY_PATH).iter().flat_map(env::split_paths));
        env::join_paths(paths).unwrap_or_default()
    }
}

/// The variable in which the system's loader looks for libraries.
const LIBRARY_PATH: &str = if cfg!(target_os = "macos") {
    "DYLD_LIBRARY_PATH"
} else if cfg!(windows) {
    "PATH"
} else {
    "LD_LIBRARY_PATH"
};
