//! `mxcp log-cleanup`: deletes records that are too old, as the schema file of the log says.

use std::collections::BTreeMap;

use chrono::Utc;
use serde::Serialize;

use crate::cli::Common;
use crate::commands::log;
use crate::compose;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp log-cleanup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Delete nothing, and say what would be deleted
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Report {
    status: &'static str,
    message: String,
    deleted_per_schema: BTreeMap<String, u64>,
}

/// Cleans up.
///
/// # Errors
/// There is no project, the profile does not exist, or the log can't be read or written.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::find_without_user(&args.common, environment)?;
    ui.findings(&project.warnings)?;
    let report = match compose::audit_reader(&project)? {
        None if !project.site.mentions(&project.profile) => {
            return Err(log::unknown_profile(&project.profile));
        }
        None => Report {
            status: "skipped",
            message: format!("Audit logging is not enabled for profile '{}'", project.profile),
            deleted_per_schema: BTreeMap::new(),
        },
        Some(reader) => {
            let key = compose::audit_key(&project)?;
            let now = Utc::now();
            let done =
                if args.dry_run { reader.would_clean_up(now) } else { reader.clean_up(key.as_ref(), now) }?;
            let total: u64 = done.deleted.values().sum();
            let (status, verb) =
                if args.dry_run { ("dry_run", "Would delete") } else { ("success", "Deleted") };
            Report { status, message: format!("{verb} {total} records"), deleted_per_schema: done.deleted }
        }
    };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(report))?,
        Output::Human => show(&report, ui)?,
    }
    Ok(Outcome::Fine)
}

fn show(report: &Report, ui: &mut Ui) -> Result<(), Failure> {
    if report.status == "skipped" {
        return Ok(ui.line(&report.message)?);
    }
    let dry = if report.status == "dry_run" { "DRY RUN: " } else { "" };
    ui.line(format_args!("{dry}Applying retention policies..."))?;
    if report.deleted_per_schema.is_empty() {
        let verb = if dry.is_empty() { "were" } else { "would be" };
        return Ok(ui.line(format_args!("No records {verb} deleted."))?);
    }
    for (schema, count) in &report.deleted_per_schema {
        ui.line(format_args!("  {schema}: {count} records"))?;
    }
    let verb = if dry.is_empty() { "deleted" } else { "that would be deleted" };
    Ok(ui.line(format_args!("Total records {verb}: {}", report.deleted_per_schema.values().sum::<u64>()))?)
}
