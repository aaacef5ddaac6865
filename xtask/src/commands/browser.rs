//! `cargo xtask browser`: the documentation and the inspector of several projects, used in a headless Chromium.
//!
//! The script in `tests/browser` reads pages, fills forms in, calls tools, reads resources and gets prompts; screenshots
//! go to `target/screenshots`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::setup;
use crate::arguments::Arguments;
use crate::server::{self, Server};
use crate::workspace::{Profile, Workspace};
use crate::{fetch, process};

const PACKAGES: &[&str] = &["playwright-core@1.65.1"];

/// Names that Chromium goes by.
const PROGRAMS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The projects that are looked at: their names to the script, and their folders.
const PROJECTS: &[(&str, &str)] = &[
    ("quickstart", "examples/quickstart"),
    ("analytics", "examples/analytics"),
    ("hr", "examples/hr"),
    ("inspector", "tests/projects/inspector"),
];

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    arguments.finish()?;
    let Some(chromium) = chromium(workspace) else {
        println!("skipped: there is no Chromium; install it, or name it in the variable CHROMIUM");
        return Ok(());
    };
    setup::ensure(workspace)?;
    let script = install(workspace)?;
    let mxcp = workspace.build(&["mxcp"], profile)?.join("mxcp");
    let target = workspace.target()?;
    let folder = target.join("xtask/site");
    let screenshots = target.join("screenshots");
    // What an earlier run left is not what this one saw.
    for old in [&folder, &screenshots] {
        if old.exists() {
            std::fs::remove_dir_all(old).with_context(|| format!("can't remove {}", old.display()))?;
        }
    }

    let mut browser = workspace.program("node");
    browser.arg(script).arg("--chromium").arg(chromium);
    let mut servers = Vec::new();
    for (name, path) in PROJECTS {
        let project = workspace.path(path);
        let mut docs = workspace.program(&mxcp);
        docs.current_dir(&project).args(["docs", "--output"]).arg(folder.join(name));
        process::run(&mut docs)?;

        let port = server::free_port(8300)?;
        let mut command = server::serve(workspace, &mxcp, &project, port);
        let log = target.join(format!("xtask/browser-{name}.log"));
        let server = Server::start(&mut command, port, &log)?;
        browser.arg(format!("--{name}")).arg(format!("http://{}/docs/", server.address()));
        servers.push(server);
    }
    browser.arg("--folder").arg(folder).arg("--screenshots").arg(screenshots);
    process::run(&mut browser)
}

/// A Chromium that answers: the one that is named, one that is there, or one that Debian's installer can get.
pub(super) fn chromium(workspace: &Workspace) -> Option<PathBuf> {
    let answers = |program: &Path| process::answers(workspace.program(program).arg("--version"));
    let found = || {
        let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
        named.into_iter().chain(PROGRAMS.iter().map(PathBuf::from)).find(|program| answers(program))
    };
    let resolved = |program: PathBuf| on_path(&program).unwrap_or(program);
    if let Some(program) = found() {
        return Some(resolved(program));
    }
    let install = ["install", "-y", "--no-install-recommends", "chromium"];
    // Without the right to install, this fails at once and says why.
    process::run(Command::new("apt-get").args(install)).ok()?;
    found().map(resolved)
}

/// The file that a program's name leads to.
fn on_path(program: &Path) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The browser's driver; gives the script, copied to where Node.js finds it.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.fetched("browser");
    fetch::install(PACKAGES, &folder)?;
    let script = folder.join("site.mjs");
    let source = workspace.path("tests/browser/site.mjs");
    std::fs::copy(&source, &script).with_context(|| format!("can't read {}", source.display()))?;
    Ok(script)
}
