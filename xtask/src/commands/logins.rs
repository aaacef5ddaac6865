//! `cargo xtask logins`: people and clients that others wrote log in, in issuer mode and in verifier mode.
//!
//! The scripts in `tests/logins` do it at a real identity provider on this machine, and at those that the suites play; people have
//! a headless Chromium, or nothing but an HTTP client. A table at the end says what passed. Screenshots go to
//! `target/screenshots/logins`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{browser, clients, setup};
use crate::arguments::Arguments;
use crate::workspace::{Profile, Workspace};
use crate::{fetch, process};

const PACKAGES: &[&str] = &["oidc-provider@9.13.3", "playwright-core@1.65.1"];

/// The package with the providers that the suites play, and its program.
const PLAYED: (&str, &str) = ("mxcp-test-support", "providers");

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    let wanted = arguments.finish()?;
    if wanted.len() > 1 {
        bail!("one part of the table's rows can be run, and {} are named", wanted.len());
    }
    if !process::answers(workspace.program("node").arg("--version")) || !fetch::npm_answers() {
        println!("skipped: there is no Node.js; install version 20 or newer, with npm");
        return Ok(());
    }
    setup::ensure(workspace)?;
    let folder = install(workspace)?;
    let python = clients::install_python(workspace)?;
    let typescript = clients::install_typescript(workspace, "login.mjs")?;
    let binaries = build(workspace, profile)?;
    let screenshots = workspace.target()?.join("screenshots/logins");
    if screenshots.exists() {
        fs::remove_dir_all(&screenshots)
            .with_context(|| format!("can't remove {}", screenshots.display()))?;
    }

    let mut node = workspace.program("node");
    node.arg(folder.join("main.mjs")).arg("--mxcp").arg(binaries.join("mxcp"));
    node.arg("--kinds").arg(binaries.join("examples").join(PLAYED.1));
    node.arg("--python")
        .arg(python)
        .arg("--python-client")
        .arg(workspace.path("tests/clients/python_login.py"));
    node.arg("--typescript-client").arg(typescript).arg("--screenshots").arg(screenshots);
    if let Some(chromium) = browser::chromium(workspace) {
        node.arg("--chromium").arg(chromium);
    }
    for wanted in wanted {
        node.arg("--only").arg(wanted);
    }
    process::run(&mut node)
}

/// The packages, and the scripts where Node.js finds them; gives the folder.
pub(super) fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.fetched("logins");
    fetch::install(PACKAGES, &folder)?;
    let source = workspace.path("tests/logins");
    for entry in fs::read_dir(&source).with_context(|| format!("can't read {}", source.display()))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    Ok(folder)
}

/// The server and the providers that the suites play, built at once so that what both need is built once; gives the folder.
fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let (package, program) = PLAYED;
    let mut cargo = workspace.cargo(["build", "--package", "mxcp", "--bin", "mxcp"]);
    cargo.args(["--package", package, "--example", program]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    process::run(&mut cargo)?;
    workspace.binaries(profile)
}
