//! `cargo xtask people`: many people log in at once and call at once, and everybody gets their own answers.

use anyhow::Result;

use super::setup;
use crate::arguments::Arguments;
use crate::process;
use crate::workspace::{Profile, Workspace};

/// How many there are, and how often each calls, unless something else is said.
const USERS: u16 = 1000;
const CALLS: u16 = 100;

/// Runs a program with as many open files as so many connections need.
pub(crate) const WITH_FILES: &str = r#"ulimit -n "$(ulimit -H -n)"; exec "$@""#;

/// The command. What they do is in `tests/bench`.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let users = arguments.number("--users")?.unwrap_or(USERS);
    let calls = arguments.number("--calls")?.unwrap_or(CALLS);
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    arguments.finish()?;
    setup::ensure(workspace)?;
    let folder = workspace.build(&["mxcp", "mxcp-bench"], profile)?;
    let mut command = workspace.program("sh");
    command.args(["-c", WITH_FILES, "sh"]).arg(folder.join("mxcp-bench"));
    command.arg("--binaries").arg(&folder).arg("--workspace").arg(workspace.path(""));
    process::run(command.args(["--users", &users.to_string(), "--calls", &calls.to_string()]))
}
