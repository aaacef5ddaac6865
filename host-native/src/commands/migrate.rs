//! `mxcp migrate --check`: what is different for a project of the reference implementation.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::migrate::{self, EVERYWHERE, Effect, Found, Group, Rule, Subject};
use crate::project::{Project, SITE_FILE};
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Places of a rule that people are shown, unless they ask for JSON.
const MOST_PLACES: usize = 12;

/// Arguments of `mxcp migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the project, written for MXCP 0.12
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Only read and report; there is nothing else that this command does
    #[arg(long, required = true)]
    check: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    status: &'static str,
    /// How many differences were looked for.
    looked_for: usize,
    /// What has to be changed.
    refused: Vec<Group<'a>>,
    /// What is accepted and may end otherwise.
    otherwise: Vec<Group<'a>>,
    /// What is the same.
    same: Same<'a>,
    /// What is different for every project.
    everywhere: Vec<&'static Rule>,
}

#[derive(Debug, Serialize)]
struct Same<'a> {
    /// Definitions that nothing was found in.
    files: Vec<&'a str>,
    /// What is said about others without a difference in their outcome.
    remarks: Vec<Group<'a>>,
}

/// Reports, and ends with findings if anything has to be changed.
///
/// # Errors
/// The folder holds no project, or its site file can't be read.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let root = args.folder.canonicalize().unwrap_or_else(|_missing| args.folder.clone());
    if !root.join(SITE_FILE).is_file() {
        return Err(Failure::message(format!("No {SITE_FILE} found in {}", args.folder.display())));
    }
    let subject = match Project::at_without_user(root.clone(), &args.common, environment) {
        Ok(project) => Subject::of(project, environment),
        // Without a site file nothing says where the rest is.
        Err(Failure::Project { findings, .. }) => {
            return report(&migrate::of_site_file(&findings), &[], &root, ui);
        }
        Err(failure) => return Err(failure),
    };
    let subject = subject.ok_or_else(|| Failure::message(format!("{SITE_FILE} can't be read")))?;
    let found = migrate::check(&subject);
    let same: Vec<&str> = subject.files().filter(|file| !found.mentions(file)).collect();
    report(&found, &same, &root, ui)
}

/// Tells what was found; `same` are the definitions that nothing was found in.
fn report(found: &Found, same: &[&str], root: &Path, ui: &mut Ui) -> Result<Outcome, Failure> {
    let report = Report {
        status: if found.is_refused() { "change" } else { "ok" },
        looked_for: migrate::rules().count(),
        refused: found.groups(Effect::Refused),
        otherwise: found.groups(Effect::Otherwise),
        same: Same { files: same.to_vec(), remarks: found.groups(Effect::Same) },
        everywhere: EVERYWHERE.to_vec(),
    };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(&report))?,
        Output::Human => show(&report, root, ui)?,
    }
    Ok(if found.is_refused() { Outcome::Findings } else { Outcome::Fine })
}

fn show(report: &Report<'_>, root: &Path, ui: &mut Ui) -> Result<(), Failure> {
    ui.heading(format_args!("From MXCP 0.12: {}", root.display()))?;
    ui.line(format_args!("• looked for: {} differences", report.looked_for))?;
    let places = |groups: &[Group<'_>]| groups.iter().map(|group| group.places.len()).sum::<usize>();
    ui.line(format_args!("• refused here: {}", count(places(&report.refused))))?;
    ui.line(format_args!("• accepted, but decides otherwise: {}", count(places(&report.otherwise))))?;
    let files = report.same.files.len();
    let files = if files == 1 { "1 definition".to_owned() } else { format!("{files} definitions") };
    ui.line(format_args!("• the same: {files}"))?;
    section("Refused here: has to be changed", &report.refused, ui)?;
    section("Accepted, but decides otherwise: read, and test", &report.otherwise, ui)?;
    section("The same, with a remark", &report.same.remarks, ui)?;
    ui.line("")?;
    ui.heading("For every project")?;
    for rule in EVERYWHERE {
        ui.line(format_args!("  {}: {}", rule.code, rule.now))?;
    }
    ui.line("")?;
    ui.line(match report.status {
        "ok" => "Nothing has to be changed. Go on with `mxcp validate` and `mxcp test`; docs/upgrade.md explains the codes.",
        _ => "Something has to be changed first; docs/upgrade.md explains the codes.",
    })?;
    Ok(())
}

fn count(places: usize) -> String {
    match places {
        0 => "nothing".to_owned(),
        1 => "1 place".to_owned(),
        places => format!("{places} places"),
    }
}

fn section(title: &str, groups: &[Group<'_>], ui: &mut Ui) -> Result<(), Failure> {
    if groups.is_empty() {
        return Ok(());
    }
    ui.line("")?;
    ui.heading(title)?;
    for group in groups {
        ui.line("")?;
        ui.heading(format_args!("  {}", group.rule.code))?;
        ui.line(format_args!("    was: {}", group.rule.was))?;
        ui.line(format_args!("    now: {}", group.rule.now))?;
        ui.line(format_args!("    do:  {}", group.rule.todo))?;
        for place in group.places.iter().take(MOST_PLACES) {
            let position = match (place.line, place.column) {
                (Some(line), Some(column)) => format!(":{line}:{column}"),
                _ => String::new(),
            };
            let what = if place.message.is_empty() { &place.path } else { &place.message };
            let what = if what.is_empty() { String::new() } else { format!("  {}", printable(what)) };
            ui.line(format_args!("    → {}{position}{what}", printable(&place.file)))?;
        }
        if let Some(more) = group.places.len().checked_sub(MOST_PLACES).filter(|more| *more > 0) {
            ui.line(format_args!("    … and {more} more; --json-output has all of them"))?;
        }
    }
    Ok(())
}
