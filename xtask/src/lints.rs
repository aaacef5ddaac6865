//! Lints of whatever is compiled.
//!
//! `cargo clippy` only checks. None of what it makes can be linked, so that a build after it compiles every dependency once
//! more: six minutes on two cores. It consists of a driver that stands in for the compiler of the workspace's own packages,
//! and compiles them if it is asked to: here it does, with warnings as errors.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Which program cargo calls in place of the compiler for packages of the workspace.
const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

/// What the driver is told besides what cargo tells the compiler, each word with [`END`] behind it.
const ARGUMENTS: &str = "CLIPPY_ARGS";
const END: &str = "__CLIPPY_HACKERY__";

/// The driver.
#[derive(Debug)]
pub(crate) struct Lints(PathBuf);

impl Lints {
    /// Finds the driver of the toolchain.
    ///
    /// # Errors
    /// It is not installed.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self> {
        let root = process::output(workspace.rustc().args(["--print", "sysroot"]))?;
        let driver = PathBuf::from(root.trim())
            .join("bin/clippy-driver")
            .with_extension(std::env::consts::EXE_EXTENSION);
        if !driver.exists() {
            bail!(
                "clippy is missing: install it with `rustup component add clippy` or your distribution's packages"
            );
        }
        Ok(Self(driver))
    }

    /// Has cargo lint what it compiles of the workspace. All commands of a run have to, or they compile it twice.
    pub(crate) fn in_build(&self, mut cargo: Command) -> Command {
        cargo.env(WRAPPER, &self.0).env(ARGUMENTS, format!("-D{END}warnings{END}"));
        cargo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the driver is told is between it and `cargo clippy`, and may change with the toolchain.
    #[test]
    fn what_is_linted_fails_to_compile() {
        let workspace = Workspace::find().unwrap();
        let lints = Lints::find(&workspace).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let compiles = |code: &str| {
            let file = folder.path().join("main.rs");
            std::fs::write(&file, code).unwrap();
            let mut compiler = lints.in_build(Command::new(&lints.0));
            compiler.arg("rustc").arg(&file).arg("--out-dir").arg(folder.path());
            compiler.output().unwrap().status.success()
        };
        assert!(compiles("fn main() {}"));
        assert!(!compiles("fn main() { let text = String::new(); print!(\"{}\", text.len() == 0); }"));
    }
}
