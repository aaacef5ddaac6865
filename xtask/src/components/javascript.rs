//! JavaScript: `componentize-js` puts a JavaScript engine and the source into a component.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::sources;
use crate::workspace::Workspace;
use crate::{fetch, process, tools};

/// What makes the component.
pub(super) const COMPONENTIZE: &str = "@bytecodealliance/componentize-js@0.23.0";

pub(super) fn ensure(workspace: &Workspace) -> Result<()> {
    if !process::answers(workspace.program("node").arg("--version")) {
        bail!("Node.js 20 or newer is needed");
    }
    fetch::install(&[COMPONENTIZE], &modules()?)
}

pub(super) fn build(workspace: &Workspace, folder: &Path, output: &Path) -> Result<()> {
    // Node.js looks for modules in the folders above a script.
    let place = modules()?.join(format!("build-{}", std::process::id()));
    sources::copy(folder, &place)?;
    let mut node = workspace.program("node");
    let outcome = process::run(node.current_dir(&place).arg("build.mjs").arg(output));
    std::fs::remove_dir_all(&place)?;
    outcome
}

fn modules() -> Result<PathBuf> {
    tools::folder(COMPONENTIZE)
}
