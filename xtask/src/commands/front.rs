//! `cargo xtask front`: the front end of the edge as a core module, to be embedded in the `mxcp` binary.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::process::run as run_program;
use crate::workspace::Workspace;

/// What is built, and how.
pub(super) const BUILD: [&str; 6] =
    ["--package", "mxcp-host-wasi", "--target", "wasm32-wasip2", "--profile", "edge"];

/// The command.
pub(crate) fn run(workspace: &Workspace, arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    make(workspace)
}

/// Where it is once it is made.
pub(crate) fn module(workspace: &Workspace) -> Result<PathBuf> {
    Ok(workspace.target()?.join("front/mxcp_front.wasm"))
}

/// Makes it.
pub(crate) fn make(workspace: &Workspace) -> Result<()> {
    run_program(workspace.cargo(["build"]).args(BUILD))?;
    let built = workspace.target()?.join("wasm32-wasip2/edge/mxcp_host_wasi.wasm");
    let module = module(workspace)?;
    let folder = module.parent().context("it is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let content = fs::read(&built).with_context(|| format!("can't read {}", built.display()))?;
    // What has it in itself is built again whenever the file is younger.
    if fs::read(&module).ok().as_ref() != Some(&content) {
        fs::write(&module, &content).with_context(|| format!("can't write {}", module.display()))?;
    }
    eprintln!("{}: {} bytes", module.display(), content.len());
    Ok(())
}
