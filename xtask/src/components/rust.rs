//! Rust: cargo makes a component by itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::commands::setup;
use crate::process;
use crate::workspace::Workspace;

pub(super) fn ensure(workspace: &Workspace) -> Result<()> {
    setup::ensure_wasm_target(workspace)
}

pub(super) fn build(workspace: &Workspace, folder: &Path, output: &Path) -> Result<()> {
    let target = folder.with_file_name("rust-target");
    let mut cargo = workspace.cargo(["build", "--release", "--locked", "--target", "wasm32-wasip2"]);
    process::run(cargo.current_dir(folder).arg("--target-dir").arg(&target))?;
    let built = target.join("wasm32-wasip2/release").join(output.file_name().context("it has a name")?);
    fs::copy(&built, output).with_context(|| built.display().to_string())?;
    Ok(())
}
