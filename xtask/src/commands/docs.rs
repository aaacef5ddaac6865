//! `cargo xtask docs`: the blocks of code on every page, tried as they stand.
//!
//! A page is read from its top to its end in an empty folder, or in a copy of the folder that it is about:
//!
//! * the lines of `console` that begin with `$ ` are run, one after the other, in one shell; what is shown below a command is what it has
//!   to print, where `…` stands for any text. What serves goes on until the page ends or something else serves;
//! * `sh` and `bash` are scripts;
//! * everything else is a file: the one that the text before names with a colon, or that a comment in its first line names. At the end of a project
//!   `mxcp validate` has to find it good;
//! * `text` is only shown.
//!
//! What readers needn't see is said in comments of HTML: [`note`] lists them. A block that isn't tried says why; one that says nothing is an error.
//!
//! Links between pages, and from them to files, have to lead somewhere; those of the pages about the code are looked at as well.
//!
//! `--network` also runs what fetches packages, which takes minutes.
//!
//! Where Linux allows it, pages are tried in a network of their own, with nothing in it but this machine: their ports are free, and nothing is fetched.

mod console;
mod links;
mod markdown;
mod note;
mod page;
mod shell;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use super::setup;
use crate::arguments::Arguments;
use crate::process;
use crate::workspace::{Profile, Workspace};
use page::{Reader, Tally};
use shell::Shell;

/// The hidden flag of the copy of this program that is in a network of its own.
const INSIDE: &str = "--inside";

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let inside = arguments.flag(INSIDE);
    let network = arguments.flag("--network");
    let binary = arguments.text("--binary")?;
    let names = arguments.words()?;
    let mxcp = match binary {
        Some(path) => fs::canonicalize(&path).with_context(|| path)?,
        None => {
            setup::ensure(workspace)?;
            workspace.build(&["mxcp"], Profile::Release)?.join("mxcp")
        }
    };
    if inside {
        try_pages(workspace, &mxcp, &names, network)
    } else {
        attempt(workspace, &mxcp, &names, network)
    }
}

/// Tries the pages whose names contain one of `names`, or all; without `network` in one of their own, where there can be one.
pub(super) fn attempt(workspace: &Workspace, mxcp: &Path, names: &[String], network: bool) -> Result<()> {
    let own = own_network("ip link set lo up").is_some_and(|mut network| process::answers(&mut network));
    if network || !own {
        return try_pages(workspace, mxcp, names, network);
    }
    let mut again = own_network(r#"ip link set lo up && exec "$0" "$@""#).context("no network of its own")?;
    // A build of the workspace may have put another program, or none yet, where this one was started from. Where Linux allows a network of
    // its own, what runs can still be read.
    let folder = tempfile::tempdir()?;
    let myself = folder.path().join("xtask");
    fs::copy("/proc/self/exe", &myself)?;
    again.arg(&myself).args(["docs", INSIDE, "--binary"]).arg(mxcp).args(names);
    process::run(again.current_dir(workspace.path("")))
}

fn try_pages(workspace: &Workspace, mxcp: &Path, names: &[String], network: bool) -> Result<()> {
    let pages: Vec<String> = pages(workspace)?.into_iter().filter(|page| wanted(page, names)).collect();
    ensure!(!pages.is_empty(), "no page is called like that");
    let begin = Instant::now();
    let mut all = Tally::default();
    let mut failed = Vec::new();
    for page in &pages {
        let begin = Instant::now();
        match try_page(workspace, mxcp, page, network) {
            Ok(tally) => {
                println!("{page}: {tally} ({:.1} s)", begin.elapsed().as_secs_f64());
                for (reason, lines) in tally.reasons() {
                    println!("  not tried: {reason} ({lines})");
                }
                all.add(&tally);
            }
            Err(error) => {
                println!("{page}: FAILED\n  {}", format!("{error:#}").replace('\n', "\n  "));
                failed.push(page.clone());
            }
        }
    }
    for page in about_code(workspace)?.into_iter().filter(|page| wanted(page, names)) {
        if let Err(error) = check_links(workspace, &page) {
            println!("{page}: FAILED\n  {error:#}");
            failed.push(page);
        }
    }
    println!("\n{} pages, {all} ({:.1} s)", pages.len(), begin.elapsed().as_secs_f64());
    if !failed.is_empty() {
        bail!("can't be done as they stand: {}", failed.join(", "));
    }
    Ok(())
}

/// What a page says, whose links all lead somewhere.
fn check_links(workspace: &Workspace, name: &str) -> Result<String> {
    let path = workspace.path(name);
    let text = fs::read_to_string(&path)?;
    let broken = links::broken(&text, path.parent().unwrap_or(&path));
    ensure!(broken.is_empty(), "there is no {}", broken.join(", "));
    Ok(text)
}

fn try_page(workspace: &Workspace, mxcp: &Path, name: &str, network: bool) -> Result<Tally> {
    let text = check_links(workspace, name)?;
    let steps = markdown::parse(&text)?;
    let folder = Path::new(name).parent().and_then(Path::to_str).unwrap_or_default();
    let about = workspace.path(folder).join("mxcp-site.yml").exists().then_some(folder);
    let shell = Shell::new(mxcp, workspace.fetched("duckdb"), network)?;
    Reader::new(&workspace.path(""), shell, network).read(&steps, about)
}

/// A command that runs a script in a network of its own.
fn own_network(script: &str) -> Option<Command> {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-c", script]);
    cfg!(target_os = "linux").then_some(command)
}

/// The pages, as paths from the root of the workspace.
fn pages(workspace: &Workspace) -> Result<Vec<String>> {
    let mut pages = vec!["README.md".to_owned()];
    pages.extend(names(&workspace.path("docs"), "docs", |path| {
        path.extension().is_some_and(|it| it == "md")
    })?);
    pages.push("components/README.md".to_owned());
    let examples = names(&workspace.path("examples"), "examples", |path| path.join("README.md").exists())?;
    pages.extend(examples.into_iter().map(|folder| format!("{folder}/README.md")));
    Ok(pages)
}

/// The pages for those who change the code, of which nothing is tried but the links.
fn about_code(workspace: &Workspace) -> Result<Vec<String>> {
    let mut pages = vec!["ARCHITECTURE.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    let decisions = workspace.path("docs/decisions");
    pages.extend(names(&decisions, "docs/decisions", |path| path.extension().is_some_and(|it| it == "md"))?);
    Ok(pages)
}

fn names(folder: &Path, prefix: &str, choose: impl Fn(&PathBuf) -> bool) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if choose(&path)
            && let Some(name) = path.file_name()
        {
            names.push(format!("{prefix}/{}", name.display()));
        }
    }
    names.sort();
    Ok(names)
}

fn wanted(page: &str, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| page.contains(name.as_str()))
}
