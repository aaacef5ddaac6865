//! `mxcp lock`: pins what the project serves. Opens no database, runs nothing and needs no secrets.

use mxcp_core::lock::{Change, Lock};
use serde::Serialize;

use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::lock::{self, LOCK_FILE};
use crate::project::{Definitions, Project};
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Arguments of `mxcp lock`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing, and fail if anything that is served is not as mxcp.lock says
    #[arg(long)]
    check: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What was locked.
#[derive(Debug, Serialize)]
struct Locked {
    path: String,
    files: usize,
    changes: Vec<Change>,
}

/// What a check found.
#[derive(Debug, Serialize)]
struct Checked {
    status: &'static str,
    changes: Vec<Change>,
}

/// Locks the project, or checks that it is as locked.
///
/// # Errors
/// There is no project, it can't be locked, or the lock can't be read or written.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::find_without_user(&args.common, environment)?;
    ui.findings(&project.warnings)?;
    let definitions = project.definitions();
    if args.check { check(&project, &definitions, ui) } else { write(&project, &definitions, ui) }
}

fn write(project: &Project, definitions: &Definitions, ui: &mut Ui) -> Result<Outcome, Failure> {
    let earlier = lock::read(&project.root)?;
    let before = earlier.clone().unwrap_or_else(|| Lock::of([].into()));
    let now = lock::of(project, definitions)?.with_origins_of(&before);
    let changes = before.compare(&now);
    if earlier.as_ref() != Some(&now) {
        lock::write(&project.root, &now)?;
    }
    let files = now.files().len();
    match ui.output() {
        Output::Json => {
            let path = project.absolute(LOCK_FILE);
            ui.document(&ResultDocument::new(Locked { path, files, changes }))?;
        }
        Output::Human => {
            // The first lock has nothing to be compared with.
            if earlier.is_some() {
                show(&changes, ui)?;
            }
            ui.line(format_args!("{LOCK_FILE} pins {files} files"))?;
        }
    }
    Ok(Outcome::Fine)
}

fn check(project: &Project, definitions: &Definitions, ui: &mut Ui) -> Result<Outcome, Failure> {
    let changes = lock::changes(project, definitions)?;
    let drifted = !changes.is_empty();
    match ui.output() {
        Output::Json => {
            let status = if drifted { "drifted" } else { "ok" };
            ui.document(&ResultDocument::new(Checked { status, changes }))?;
        }
        Output::Human if drifted => {
            show(&changes, ui)?;
            let files = if changes.len() == 1 { "file is" } else { "files are" };
            ui.remark(format_args!(
                "{} {files} not as {LOCK_FILE} says; if that is meant, `mxcp lock` locks the project as it is now",
                changes.len()
            ))?;
        }
        Output::Human => ui.line(format_args!("everything is as {LOCK_FILE} says"))?,
    }
    Ok(if drifted { Outcome::Findings } else { Outcome::Fine })
}

fn show(changes: &[Change], ui: &mut Ui) -> Result<(), Failure> {
    for Change { path, change } in changes {
        ui.line(format_args!("{:<8} {}", change.to_string(), printable(path)))?;
    }
    Ok(())
}
