//! Python: `componentize-py` puts CPython and the sources into a component.

use std::path::Path;

use anyhow::Result;

use crate::process;
use crate::tools::Environment;
use crate::workspace::Workspace;

/// What makes the component.
pub(super) const COMPONENTIZE: &str = "componentize-py==0.25.1";

pub(super) fn ensure(workspace: &Workspace) -> Result<()> {
    Environment::ensure(workspace, COMPONENTIZE).map(drop)
}

pub(super) fn build(workspace: &Workspace, folder: &Path, output: &Path) -> Result<()> {
    let program = Environment::ensure(workspace, COMPONENTIZE)?.program("componentize-py");
    let mut command = workspace.program(program);
    command.current_dir(folder).args(["-d", "wit", "-w", "loan", "componentize", "app", "-o"]).arg(output);
    process::run(&mut command)
}
