//! `cargo xtask bench`: the product against its floors, in one run.

use anyhow::Result;

use super::setup;
use crate::arguments::Arguments;
use crate::process;
use crate::workspace::{Profile, Workspace};

/// The command. What is measured, and how, is in `tests/bench`.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let quick = arguments.flag("--quick");
    let passed_on = arguments.finish()?;
    setup::ensure(workspace)?;
    let folder = workspace.build(&["mxcp", "mxcp-bench"], Profile::Release)?;
    let mut bench = workspace.program(folder.join("mxcp-bench"));
    bench.arg("--binaries").arg(&folder).arg("--workspace").arg(workspace.path(""));
    if quick {
        bench.arg("--quick");
    }
    process::run(bench.args(passed_on))
}
