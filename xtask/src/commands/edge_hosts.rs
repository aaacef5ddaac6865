//! `cargo xtask edge-hosts`: hosts of others for what `mxcp build` makes, which the suites start if they are there.

use std::fs;

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{fetch, process, tools};

/// The host of JavaScript.
const JCO: &str = "@bytecodealliance/jco@1.35.0";

/// The command line of the engine that `mxcp` is built on, in the same version.
const WASMTIME: &str = "48.0.8";

/// The command. With `--wasmtime`, that one is built too, which takes a quarter of an hour.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let wasmtime = arguments.flag("--wasmtime");
    arguments.finish()?;
    if let Some(reason) = jco()? {
        println!("jco        skipped: {reason}");
    }
    if wasmtime {
        self::wasmtime(workspace)?;
    }
    Ok(())
}

/// Makes sure that jco is there. Gives why it is not, where there is nothing to fetch it with.
pub(crate) fn jco() -> Result<Option<String>> {
    if !fetch::npm_answers() {
        return Ok(Some("npm is needed to fetch it; install Node.js 20 or newer".to_owned()));
    }
    // The name that the suites look for.
    let folder = tools::cache()?.join("tools").join("jco-1.35.0");
    match fetch::install(&[JCO], &folder) {
        Ok(()) => {
            println!("jco        {}", folder.display());
            Ok(None)
        }
        Err(error) => Ok(Some(format!("{error:#}"))),
    }
}

fn wasmtime(workspace: &Workspace) -> Result<()> {
    let folder = tools::folder(&format!("wasmtime=={WASMTIME}"))?;
    let program = folder.join("bin").join(format!("wasmtime{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
        let mut cargo = workspace.cargo(["install", "wasmtime-cli", "--version", WASMTIME, "--locked"]);
        process::run(cargo.arg("--root").arg(&folder))?;
    }
    println!("wasmtime   {}", program.display());
    Ok(())
}
