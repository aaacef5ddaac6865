//! `cargo xtask soak`: everything at once for an hour, and what the server holds has to stay the same.

use anyhow::Result;

use super::setup;
use crate::arguments::Arguments;
use crate::process;
use crate::workspace::{Profile, Workspace};

/// How long it takes unless something else is said: an hour, or what shows that all takes part.
const MINUTES: u16 = 60;
const QUICK_MINUTES: u16 = 3;

/// The command. What is done, and what is looked at, is in `tests/bench/src/soak`.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let usual = if arguments.flag("--quick") { QUICK_MINUTES } else { MINUTES };
    let minutes = arguments.number("--minutes")?.unwrap_or(usual).max(1);
    arguments.finish()?;
    setup::ensure(workspace)?;
    setup::ensure_wasm_target(workspace)?;
    let folder = workspace.build(&["mxcp", "mxcp-bench"], Profile::Release)?;
    let mut bench = workspace.program(folder.join("mxcp-bench"));
    bench.arg("--binaries").arg(&folder).arg("--workspace").arg(workspace.path(""));
    process::run(bench.args(["--soak-all", &(u32::from(minutes) * 60).to_string()]))
}
