//! `cargo xtask front`: the front end of the edge as a core module, to be embedded in the `mxcp` binary.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::process::run as run_program;
use crate::workspace::Workspace;

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
    run_program(&mut workspace.cargo([
        "build",
        "--package",
        "mxcp-host-wasi",
        "--target",
        "wasm32-wasip2",
        "--profile",
        "edge",
    ]))?;
    let built = workspace.target()?.join("wasm32-wasip2/edge/mxcp_host_wasi.wasm");
    let module = module(workspace)?;
    let folder = module.parent().context("it is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let size = fs::copy(&built, &module).with_context(|| format!("can't copy {}", built.display()))?;
    eprintln!("{}: {size} bytes", module.display());
    Ok(())
}
