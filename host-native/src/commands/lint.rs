//! `mxcp lint`: advice about the endpoints of the project. Opens no database.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use mxcp_core::diagnostic::Severity;
use mxcp_core::lint::{self, Client, Finding};
use mxcp_core::load::{FileState, LoadedFile};
use serde::Serialize;

use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Arguments of `mxcp lint`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show findings of this severity and above
    #[arg(long, value_name = "LEVEL", default_value = "all", value_parser = severity(&["all", "info", "warning", "error"]))]
    severity: Severity,
    /// End with exit code 1 if a finding, shown or not, is of this severity or above, or a file can't be loaded
    #[arg(long, value_name = "LEVEL", value_parser = severity(&["info", "warning", "error"]))]
    fail_on: Option<Severity>,
    /// Check tools against what these providers accept, separated by commas
    #[arg(long = "client", value_name = "NAMES", value_delimiter = ',', value_parser = client())]
    clients: Vec<Client>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    severity: Severity,
    code: &'static str,
    path: &'a str,
    line: usize,
    column: usize,
    location: &'a str,
    message: &'a str,
    suggestion: &'a str,
}

fn severity(words: &'static [&'static str]) -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(words).map(|word| match word.as_str() {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Info,
    })
}

fn client() -> impl TypedValueParser<Value = Client> {
    PossibleValuesParser::new(Client::ALL.map(Client::as_str))
        .try_map(|word| Client::from_word(&word).ok_or("unknown client"))
}

/// Lints. The exit code says that the command ran, unless `--fail-on` asks for more.
///
/// # Errors
/// There is no project, or its configuration can't be used.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    let definitions = project.definitions();
    ui.findings(&definitions.warnings)?;
    let mut clients = args.clients.clone();
    clients.sort_unstable();
    clients.dedup();
    let findings = lint::lint(&definitions.registry, &clients);
    // What can't be loaded is an error, though none that lint could find.
    let gravest = if definitions.files.iter().any(is_broken) {
        Some(Severity::Error)
    } else {
        findings.iter().map(|finding| finding.severity).max()
    };
    let fails = args.fail_on.is_some_and(|level| gravest >= Some(level));
    let shown: Vec<_> = findings.iter().filter(|finding| finding.severity >= args.severity).collect();
    match ui.output() {
        Output::Json => {
            let entries: Vec<_> = shown.into_iter().map(Entry::of).collect();
            ui.document(&ResultDocument::new(entries))?;
        }
        Output::Human if shown.is_empty() && !findings.is_empty() => {
            below(args.severity, findings.len(), ui)?
        }
        Output::Human => show(&linted(&definitions.files), &shown, ui)?,
    }
    broken(&definitions.files, ui)?;
    Ok(if fails { Outcome::Findings } else { Outcome::Fine })
}

/// The paths of the files that hold endpoints.
fn linted(files: &[LoadedFile]) -> Vec<&str> {
    let holds = |file: &&LoadedFile| matches!(file.state, FileState::Endpoint { .. });
    files.iter().filter(holds).map(|file| file.path.as_str()).collect()
}

fn is_broken(file: &LoadedFile) -> bool {
    file.state == FileState::Broken
}

/// Names the files that could not be looked at.
fn broken(files: &[LoadedFile], ui: &mut Ui) -> Result<(), Failure> {
    let broken: Vec<_> = files.iter().filter(|file| is_broken(file)).collect();
    if broken.is_empty() {
        return Ok(());
    }
    let files = if broken.len() == 1 { "file" } else { "files" };
    ui.remark(format_args!("{} {files} can't be loaded and had to be left out:", broken.len()))?;
    for file in broken {
        let error = file.first_error().unwrap_or_default();
        ui.remark(format_args!(
            "  ✗ {}: {}",
            file.path,
            printable(error.lines().next().unwrap_or_default())
        ))?;
    }
    Ok(ui.remark("`mxcp validate` says everything about them.")?)
}

impl<'a> Entry<'a> {
    fn of(finding: &'a Finding) -> Self {
        let place = finding.position();
        Self {
            severity: finding.severity,
            code: finding.code,
            path: finding.path(),
            line: place.line,
            column: place.column,
            location: &finding.location,
            message: &finding.message,
            suggestion: &finding.suggestion,
        }
    }
}

/// Says that there are findings, and that none of them is grave enough to be shown.
fn below(least: Severity, count: usize, ui: &mut Ui) -> Result<(), Failure> {
    let least = word(least);
    let others = if count == 1 { "1 finding is".to_owned() } else { format!("{count} findings are") };
    Ok(ui.line(format_args!("No findings of severity {least} or above; {others} below it."))?)
}

/// The findings by file, the gravest first.
fn show(files: &[&str], findings: &[&Finding], ui: &mut Ui) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(ui.line("No endpoints were linted")?);
    }
    if findings.is_empty() {
        return Ok(ui.line("All endpoints have excellent metadata.")?);
    }
    let (passed, flagged): (Vec<&str>, Vec<&str>) =
        files.iter().copied().partition(|path| !findings.iter().any(|finding| finding.path() == *path));
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    ui.heading("Lint Results")?;
    ui.line(format_args!("Checked {} endpoint files", files.len()))?;
    ui.line(format_args!("• {} files with suggestions", flagged.len()))?;
    ui.line(format_args!("• {} errors", count(Severity::Error)))?;
    ui.line(format_args!("• {} warnings", count(Severity::Warning)))?;
    ui.line(format_args!("• {} suggestions", count(Severity::Info)))?;
    for path in flagged {
        ui.line("")?;
        ui.heading(path)?;
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            for finding in findings.iter().filter(|it| it.path() == path && it.severity == severity) {
                show_finding(finding, ui)?;
            }
        }
    }
    if !passed.is_empty() {
        ui.line("")?;
        ui.heading("Passed linting:")?;
    }
    for path in passed {
        ui.line(format_args!("  ✓ {path}"))?;
    }
    ui.line("")?;
    Ok(ui.line("Descriptions, examples and tests are what a model and your colleagues go by.")?)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn show_finding(finding: &Finding, ui: &mut Ui) -> Result<(), Failure> {
    let word = word(finding.severity);
    let place = finding.position();
    let message = printable(&finding.message);
    ui.line(format_args!("  {word}[{}] {}:{}: {message}", finding.code, place.line, place.column))?;
    ui.line(format_args!("    at {}", printable(&finding.location)))?;
    Ok(ui.line(format_args!("    {}", printable(&finding.suggestion)))?)
}
