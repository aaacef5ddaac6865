//! The workspace that the commands work on.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
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
        let root = manifest.parent().context("xtask lies outside of a workspace")?.to_owned();
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
        command.current_dir(&self.root).env(LIBRARY_PATH, self.library_path());
        command
    }

    /// Cargo at the workspace's root.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        // What cargo told this program of itself. Build scripts look at such variables, and would run again, and everything after
        // them, whenever somebody calls cargo directly.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
                command.env_remove(name);
            }
        }
        command
    }

    /// Builds packages and gives the folder with their binaries.
    pub(crate) fn build(&self, packages: &[&str], profile: Profile) -> Result<PathBuf> {
        let mut cargo = self.cargo(["build"]);
        for package in packages {
            cargo.args(["--package", package]);
        }
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        crate::process::run(&mut cargo)?;
        self.binaries(profile)
    }

    /// The folder that binaries are built into.
    pub(crate) fn binaries(&self, profile: Profile) -> Result<PathBuf> {
        Ok(self.target()?.join(match profile {
            Profile::Dev => "debug",
            Profile::Release => "release",
        }))
    }

    /// The folder of build results, wherever the user's configuration puts it.
    pub(crate) fn target(&self) -> Result<PathBuf> {
        let metadata = self.metadata()?;
        let folder = metadata.get("target_directory").and_then(serde_json::Value::as_str);
        folder.map(PathBuf::from).context("cargo metadata names no target folder")
    }

    /// What cargo says of the packages of the workspace.
    pub(crate) fn metadata(&self) -> Result<serde_json::Value> {
        let text =
            crate::process::output(&mut self.cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
        serde_json::from_str(&text).context("cargo metadata gave no JSON")
    }

    /// The compiler at the workspace's root.
    pub(crate) fn rustc(&self) -> Command {
        self.program(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
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
