//! `cargo xtask performance`: every target of speed and memory, measured in one run, as a page of the documentation.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{front, setup};
use crate::arguments::Arguments;
use crate::workspace::{Profile, Workspace};
use crate::{fetch, process, python, venv};

/// The page, whose part below the mark is written here.
const PAGE: &str = "docs/performance.md";
const MARK: &str = "<!-- Written by `cargo xtask performance`. -->\n";

/// The frameworks that the same tool is measured in.
const REFERENCE: &[&str] = &["mxcp[all]==0.12.3", "dbt-core<1.11"];
const FASTMCP: &[&str] = &["fastmcp==4.1.2", "duckdb==1.5.5"];
const SDK: &[&str] = &[
    "@modelcontextprotocol/server@2.4.0",
    "@modelcontextprotocol/node@2.1.2",
    "@duckdb/node-api@1.5.5-r.5",
    "zod@4",
];

/// The command. What is measured, and how, is in `tests/bench`.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let alone = arguments.flag("--alone");
    let passed_on = arguments.finish()?;
    setup::ensure(workspace)?;
    // Before the binary, which has it in itself.
    front::run(workspace, Arguments::new(std::iter::empty()))?;
    let folder = workspace.build(&["mxcp", "mxcp-bench"], Profile::Release)?;
    let (package, _) = python::package(workspace, Profile::Release)?;
    let measured = workspace.target()?.join("performance.md");
    let mut bench = workspace.program(folder.join("mxcp-bench"));
    bench.arg("--binaries").arg(&folder).arg("--workspace").arg(workspace.path(""));
    bench.arg("--performance").arg(&measured).arg("--python").arg(package);
    if !alone {
        bench.arg("--fastmcp").arg(venv::install(workspace, "bench-fastmcp", FASTMCP)?);
        let reference = venv::install(workspace, "bench-reference", REFERENCE)?;
        bench.arg("--reference").arg(environment_of(reference)?);
        let packages = workspace.fetched("bench-sdk");
        fetch::install(SDK, &packages)?;
        bench.arg("--sdk").arg(packages);
    }
    process::run(bench.args(passed_on))?;

    let path = workspace.path(PAGE);
    let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (said, _) = page.split_once(MARK).with_context(|| format!("{PAGE} has no line `{}`", MARK.trim()))?;
    fs::write(&path, format!("{said}{MARK}\n{}\n", fs::read_to_string(&measured)?.trim_end()))?;
    println!("{PAGE} is written");
    Ok(())
}

/// The environment that an interpreter is in.
fn environment_of(interpreter: PathBuf) -> Result<PathBuf> {
    let environment = interpreter.parent().and_then(|programs| programs.parent());
    Ok(environment.context("an interpreter in an environment")?.to_owned())
}
