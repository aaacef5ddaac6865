//! The suite's scenarios for authorization servers.
//!
//! The suite wants somebody to log in; the script in `tests/logins` does it, at a provider of its own.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::expectations::Expectations;
use super::{Suite, clear, judge, results};
use crate::commands::logins;
use crate::process;
use crate::workspace::Workspace;

/// What the list of expected failures calls them.
pub(super) const SECTION: &str = "authorization";

/// Runs all of them, prints what came of each, and gives the number of surprises.
pub(super) fn run(
    workspace: &Workspace,
    suite: &Suite,
    mxcp: &Path,
    output: &Path,
    expectations: &Expectations,
) -> Result<usize> {
    let scenarios = suite.for_authorization_servers()?;
    clear(output)?;
    fs::create_dir_all(output)?;
    let mut node = workspace.program(suite.node());
    node.arg(logins::install(workspace)?.join("conformance.mjs")).arg("--mxcp").arg(mxcp);
    node.arg("--suite").arg(suite.script()).arg("--output").arg(output);
    process::run(&mut node)?;
    let results = results::read(output, "authorization-server", &scenarios)?;
    Ok(judge(SECTION, &scenarios, results, expectations))
}
