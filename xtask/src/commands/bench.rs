//! `cargo xtask bench`: the product against its floors, in one run.

use anyhow::Result;

use super::setup;
use crate::arguments::Arguments;
use crate::workspace::{Profile, Workspace};
use crate::{process, python};

/// The command. What is measured, and how, is in `tests/bench`.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let quick = arguments.flag("--quick");
    let python = arguments.flag("--python");
    let passed_on = arguments.finish()?;
    setup::ensure(workspace)?;
    let folder = workspace.build(&["mxcp", "mxcp-bench"], Profile::Release)?;
    let mut bench = workspace.program(folder.join("mxcp-bench"));
    bench.arg("--binaries").arg(&folder).arg("--workspace").arg(workspace.path(""));
    if quick {
        bench.arg("--quick");
    }
    if python {
        let (package, _) = python::package(workspace, Profile::Release)?;
        bench.arg("--python").arg(package);
    }
    process::run(bench.args(passed_on))
}
