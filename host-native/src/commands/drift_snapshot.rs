//! `mxcp drift-snapshot`: what the project is now, for `mxcp drift-check` to compare with later.

use serde::Serialize;

use crate::cli::Common;
use crate::compose;
use crate::drift;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::signals;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp drift-snapshot`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Overwrite a snapshot that exists
    #[arg(long)]
    force: bool,
    /// Print the snapshot instead of writing it
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Taken {
    path: String,
    drift_hash: String,
    generated_at: String,
}

/// Takes a snapshot. That tests fail, or endpoints can't be served, is part of it and no failure.
///
/// # Errors
/// There is no project, its database can't be opened, or the snapshot exists already or can't be written.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    let path = project.path(&project.site.profile(&project.profile).drift_snapshot);
    if path.exists() && !args.force && !args.dry_run {
        let path = path.display();
        let problem = format!("Drift snapshot already exists at {path}. Use --force to overwrite.");
        return Err(Failure::message(problem));
    }
    let definitions = project.definitions();
    ui.findings(&definitions.warnings)?;
    let snapshot = compose::block_on(signals::cancelling(|cancel| {
        let (project, ui) = (&project, &*ui);
        async move { drift::take(project, definitions, &cancel, ui).await }
    }))?;
    if !args.dry_run {
        drift::write(&path, &snapshot)?;
    }
    let drift_hash = drift::hash(&snapshot);
    let path = path.display().to_string();
    match ui.output() {
        Output::Json => {
            let generated_at = snapshot.generated_at;
            ui.document(&ResultDocument::new(Taken { path, drift_hash, generated_at }))?;
        }
        Output::Human if args.dry_run => {
            ui.line(drift::text(&snapshot)?.trim_end())?;
            ui.remark(format_args!("\nNothing is written: without --dry-run this would be {path}"))?;
        }
        Output::Human => {
            ui.heading("Drift Snapshot")?;
            ui.line(format_args!("Path: {path}"))?;
            ui.line(format_args!("Taken: {}", snapshot.generated_at))?;
            ui.line(format_args!("Hash: {drift_hash}"))?;
            ui.line(format_args!("• {} tables and views", snapshot.tables.len()))?;
            ui.line(format_args!("• {} endpoint files", snapshot.resources.len()))?;
            ui.line(format_args!("• {} source files", snapshot.files.iter().flatten().count()))?;
            ui.line("")?;
            ui.line("Commit the file; `mxcp drift-check` compares the project with it.")?;
        }
    }
    Ok(Outcome::Fine)
}
