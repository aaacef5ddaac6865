//! `cargo xtask front`: the front end of the edge as a core module, to be embedded in the `mxcp` binary.

use std::fs;

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::process::run as run_program;
use crate::workspace::Workspace;

/// The command.
pub(crate) fn run(workspace: &Workspace, arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    run_program(&mut workspace.cargo([
        "build",
        "--package",
        "mxcp-host-wasi",
        "--target",
        "wasm32-wasip2",
        "--profile",
        "component",
    ]))?;
    let target = workspace.target()?;
    let built = target.join("wasm32-wasip2/component/mxcp_host_wasi.wasm");
    let folder = target.join("front");
    let module = folder.join("mxcp_front.wasm");
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    let size = fs::copy(&built, &module).with_context(|| format!("can't copy {}", built.display()))?;
    eprintln!("{}: {size} bytes", module.display());
    Ok(())
}
