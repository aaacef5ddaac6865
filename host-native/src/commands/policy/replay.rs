//! `mxcp policy replay`: which recorded calls would be decided otherwise by the rules as they are now. Runs nothing and
//! opens no database. Records are read one by one, so that a log may be of any size.

mod callers;
mod lines;
mod record;
mod summary;

use std::fs;
use std::path::{Path, PathBuf};

use mxcp_core::registry::Review;

use self::callers::Callers;
use self::lines::{Line, Lines};
use self::record::Record;
use self::summary::{Change, Report, Summary};
use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp policy replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Audit log: a file of records, or a folder of such files. May be repeated
    #[arg(long, value_name = "FILE", required = true)]
    audit: Vec<PathBuf>,
    /// Who the callers were, of whom records have only the id: a file with a JSON object of user contexts by id
    #[arg(long, value_name = "FILE")]
    users: Option<String>,
    /// Who called, for all callers that --users does not name: a JSON object, or @FILE
    #[arg(short, long, value_name = "JSON")]
    user_context: Option<String>,
    /// Most changed calls to list; all are counted
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: usize,
    /// End with exit code 1 if a call would be decided otherwise
    #[arg(long)]
    fail_on_change: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Replays.
///
/// # Errors
/// The options can't be used, there is no project, or a log can't be read.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let callers = Callers::read(args.users.as_deref(), args.user_context.as_deref())?;
    let project = Project::load(&args.common, environment, ui)?;
    let registry = project.definitions().registry;
    let mut summary = Summary::default();
    let mut listed = Vec::new();
    for file in segments(&args.audit)? {
        let mut lines = Lines::open(&file).map_err(|error| unreadable(&file, &error))?;
        while let Some((number, line)) = lines.next().map_err(|error| unreadable(&file, &error))? {
            if matches!(line, Line::Text(bytes) if Record::is_event(bytes)) {
                continue;
            }
            summary.records += 1;
            let record = match line {
                Line::Text(bytes) => Record::parse(bytes),
                Line::TooLong => None,
            };
            let Some(record) = record else {
                summary.unreadable += 1;
                ui.remark(format_args!("{}, line {number}: no record of a call", file.display()))?;
                continue;
            };
            let (call, context) = record.replay(&callers);
            let review = registry.review(&call, &context);
            summary.count(&review, &record);
            if let Review::Otherwise(now) = review
                && summary.changed <= args.limit as u64
            {
                let change = Change::new(&record, &call, now);
                match ui.output() {
                    Output::Json => listed.push(change),
                    Output::Human => change.show(ui)?,
                }
            }
        }
    }
    let fails = args.fail_on_change && summary.changed > 0;
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(Report { summary, changes: listed }))?,
        Output::Human => summary.show(args.limit as u64, ui)?,
    }
    Ok(if fails { Outcome::Findings } else { Outcome::Fine })
}

/// The files of records that the paths name, those of a folder by name.
fn segments(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
        let mut inside = Vec::new();
        for entry in entries {
            let file = entry.map_err(|error| unreadable(path, &error))?.path();
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            // Beside the records, there is a file that says what is in them.
            if file.extension().is_some_and(|it| it == "jsonl") && !stem.ends_with("_schemas") {
                inside.push(file);
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::message(format!("Audit log {} can't be read: {error}", path.display()))
}
