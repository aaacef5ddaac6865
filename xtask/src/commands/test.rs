//! `cargo xtask test`: all that CI runs, from formatting to the last test.

use anyhow::{Result, anyhow};

#[cfg(unix)]
use super::docs;
use super::{components, dbt, edge_hosts, front, setup, wit};
use crate::arguments::Arguments;
use crate::components::EXAMPLES;
use crate::lints::Lints;
use crate::process::{answers, run as run_program};
use crate::steps::Steps;
#[cfg(unix)]
use crate::workspace::Profile;
use crate::workspace::Workspace;

/// Everything but what can only be linked for WebAssembly.
pub(super) const NATIVE: [&str; 7] = [
    "--workspace",
    "--exclude",
    "mxcp-core-component",
    "--exclude",
    "mxcp-test-guest",
    "--exclude",
    "mxcp-bench-hello-edge",
];

/// The core as a component, and how it is built.
const CORE_COMPONENT: [&str; 6] =
    ["--package", "mxcp-core-component", "--target", "wasm32-wasip2", "--profile", "component"];

/// What is compiled for WebAssembly.
const WASM: [&str; 7] = [
    "mxcp-core",
    "mxcp-core-component",
    "mxcp-host-wasi",
    "mxcp-mcp",
    "mxcp-token",
    "mxcp-test-guest",
    "mxcp-bench-hello-edge",
];

/// The command.
pub(crate) fn run(workspace: &Workspace, arguments: Arguments) -> Result<()> {
    let runner_arguments = arguments.finish()?;
    let mut steps = Steps::new();
    let cargo = |words: &[&str]| run_program(&mut workspace.cargo(words.iter().copied()));

    steps.run("setup", || setup::ensure(workspace))?;
    steps.run("formatting", || cargo(&["fmt", "--all", "--check"]))?;
    if answers(&mut workspace.cargo(["deny", "--version"])) {
        // Advisories would need the network; CI looks at them on its own schedule.
        steps.run("licences and sources", || {
            cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"])
        })?;
    } else {
        steps.skip("licences and sources", "cargo-deny is not installed");
    }
    let lints = Lints::find(workspace)?;
    let linting = |words: &[&str]| lints.in_build(workspace.cargo(words.iter().copied()));
    std::thread::scope(|scope| {
        // Before all that builds `mxcp`, which has it in itself. Most of it is an optimisation on one core; the next steps have the other.
        let front = scope.spawn(|| front::make(workspace));
        steps.run("core component", || run_program(workspace.cargo(["build"]).args(CORE_COMPONENT)))?;
        steps.run("lints for wasm32-wasip2", || {
            let mut clippy = workspace.cargo(["clippy", "--target", "wasm32-wasip2"]);
            for package in WASM {
                clippy.args(["--package", package]);
            }
            run_program(clippy.args(["--", "-D", "warnings"]))
        })?;
        steps.run("WIT packages", || {
            wit::run(workspace, Arguments::new(["--check".to_owned()].into_iter()))
        })?;
        // Before the tests: some of them run the components.
        let examples: Vec<_> = EXAMPLES.iter().collect();
        for language in steps.run("example components", || components::make(workspace, &examples))? {
            steps.skip("example component", format!("{language}: what builds it can't be had, see above"));
        }
        if let Some(reason) = steps.run("hosts of the edge", edge_hosts::jco)? {
            steps.skip("host of the edge", format!("jco: {reason}"));
        }
        if let Some(reason) = steps.run("dbt", || dbt::ensure(workspace))? {
            steps.skip("dbt", reason);
        }
        steps.run("front end of the edge, begun with the core component", || {
            front.join().map_err(|_panic| anyhow!("its build panicked"))?
        })
    })?;
    // Tests start the extension module, which the build of the tests leaves out. What tests use has more features: without `--all-targets`
    // most of it would be built twice.
    steps.run("lints, programs and extension module", || {
        run_program(linting(&["build", "--all-targets"]).args(NATIVE))
    })?;
    #[cfg(unix)]
    steps.run("documentation", || {
        docs::attempt(workspace, &workspace.binaries(Profile::Dev)?.join("mxcp"), &[], false)
    })?;
    #[cfg(not(unix))]
    steps.skip("documentation", "its commands are those of a Unix shell");
    steps.run("documentation tests", || run_program(linting(&["test", "--doc", "--quiet"]).args(NATIVE)))?;

    let nextest = answers(&mut workspace.cargo(["nextest", "--version"]));
    let build: &[&str] = if nextest { &["nextest", "run", "--no-run"] } else { &["test", "--no-run"] };
    let tests: &[&str] =
        if nextest { &["nextest", "run", "--no-fail-fast"] } else { &["test", "--no-fail-fast"] };
    steps.run("build of the tests", || run_program(linting(build).args(NATIVE)))?;

    // The summary comes first so that the runner's own last line is the last of all.
    eprint!("\n{}", steps.summary());
    eprintln!("{:>8.1} s  in all, before the tests themselves\n\n== tests", steps.elapsed().as_secs_f64());
    let mut runner = linting(tests);
    runner.args(NATIVE);
    if !runner_arguments.is_empty() && !nextest {
        runner.arg("--");
    }
    run_program(runner.args(runner_arguments))
}
