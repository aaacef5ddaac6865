//! `mxcp validate`: whether the endpoints of the project could be served.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use mxcp_core::definition::{Endpoint, Implementation};
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::load::{FileState, LoadedFile};
use mxcp_runtime::check;
use serde::Serialize;

use crate::cli::Common;
use crate::compose::{self, Engines, Opening};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::{Definitions, Project};
use crate::report::{FileReport, Finding};
use crate::ui::{NO_ENDPOINTS, Output, ResultDocument, Ui, printable};

/// Arguments of `mxcp validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Definition file, or name of an endpoint, `prompt/NAME` if a tool has it too; all of them if absent
    #[arg(value_name = "PATH")]
    endpoint: Option<String>,
    /// Let warnings count as errors: exit with 1 if there are any
    #[arg(long)]
    strict: bool,

    /// Open the database for reading only [env: MXCP_READONLY]
    #[arg(long)]
    readonly: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    status: &'static str,
    validated: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    status: &'static str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    diagnostics: Vec<Finding<'a>>,
}

/// Validates, and reports findings if anything can't be served.
///
/// # Errors
/// There is no project, its configuration can't be used, or the database can't be opened.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    let definitions = project.definitions();
    ui.findings(&definitions.warnings)?;
    match &args.endpoint {
        Some(wanted) => validate_one(wanted, &project, &definitions, args, ui),
        None => validate_all(&project, &definitions, args, ui),
    }
}

fn validate_all(
    project: &Project,
    definitions: &Definitions,
    args: &Args,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    // A project without code needs no engines.
    let has_code = !project.site.sql_functions.is_empty()
        || definitions.registry.endpoints().any(|endpoint| is_code(&endpoint.implementation));
    let found = if has_code {
        compose::block_on(async {
            let opening = Opening::of_command(args.readonly);
            let engines = Engines::open(project, &definitions.registry, opening).await?;
            let found = check_all(definitions, &engines, ui).await;
            engines.close().await;
            found
        })?
    } else {
        BTreeMap::new()
    };
    let reports = definitions.reports(found);
    let broken = reports.is_empty() || reports.iter().any(FileReport::is_broken);
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(Report {
            status: status(broken),
            validated: reports.iter().map(Entry::of).collect(),
            message: reports.is_empty().then_some(NO_ENDPOINTS),
        }))?,
        Output::Human => show(&reports, ui)?,
    }
    let strictly = !definitions.warnings.is_empty() || reports.iter().any(FileReport::is_broken_strictly);
    Ok(outcome(broken || args.strict && strictly))
}

/// Checks the code of every endpoint, and gives what is wrong by the path of the definition file.
///
/// # Errors
/// The database or Python can't be asked.
pub(crate) async fn check_all(
    definitions: &Definitions,
    engines: &Engines,
    ui: &Ui,
) -> Result<BTreeMap<String, Diagnostics>, Failure> {
    let progress = Mutex::new(ui.progress(definitions.registry.endpoints().count()));
    let begin = |endpoint: &Endpoint| {
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal that can't be written to is no reason to stop.
        let _shown = progress.begin(endpoint.file.path());
    };
    let mut found =
        check::check_sql(&definitions.registry, engines.sql(), check::Scope::everything(), &begin).await?;
    if let Some(python) = engines.python() {
        found.extend(
            check::check_python(&definitions.registry, python, check::Scope::everything(), &begin).await?,
        );
    }
    progress.into_inner().unwrap_or_else(PoisonError::into_inner).end()?;
    Ok(found)
}

fn validate_one(
    wanted: &str,
    project: &Project,
    definitions: &Definitions,
    args: &Args,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let Some(file) = find(wanted, project, definitions) else {
        return unknown(wanted, ui);
    };
    let mut findings = file.findings.clone();
    if let FileState::Endpoint { kind, name } = &file.state
        && let Some(endpoint) = definitions.registry.get(*kind, name)
        && is_code(&endpoint.implementation)
    {
        findings.extend(compose::block_on(async {
            let opening = Opening::of_command(args.readonly);
            let engines = Engines::open(project, &definitions.registry, opening).await?;
            let found = check_one(endpoint, &engines).await;
            engines.close().await;
            found
        })?);
    }
    let report = FileReport { path: file.path.clone(), findings };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(Entry::of(&report)))?,
        Output::Human => show(std::slice::from_ref(&report), ui)?,
    }
    Ok(outcome(report.is_broken() || args.strict && report.is_broken_strictly()))
}

/// What is wrong with the code of an endpoint.
async fn check_one(endpoint: &Endpoint, engines: &Engines) -> Result<Diagnostics, Failure> {
    let mut found = check::check_endpoint(endpoint, engines.sql()).await?;
    if let Some(python) = engines.python() {
        found.extend(check::check_python_endpoint(endpoint, python).await?);
    }
    Ok(found)
}

/// The endpoint file that a path, relative to the working directory, or a name means.
fn find<'a>(wanted: &str, project: &Project, definitions: &'a Definitions) -> Option<&'a LoadedFile> {
    let files = || {
        definitions
            .files
            .iter()
            .filter(|file| !matches!(file.state, FileState::Disabled | FileState::Foreign))
    };
    let written = std::path::absolute(wanted).ok();
    let real = Path::new(wanted).canonicalize().ok();
    let by_path = files().find(|file| {
        let path = project.root.join(&file.path);
        // A link that leads nowhere has no real path, and is a definition file all the same.
        written.as_ref() == Some(&path) || real.is_some() && path.canonicalize().ok() == real
    });
    // Kinds have name spaces of their own; tools come first.
    let named = |file: &&LoadedFile| match &file.state {
        FileState::Endpoint { kind, name } => {
            name == wanted || wanted.split_once('/') == Some((kind.as_str(), name.as_str()))
        }
        _ => false,
    };
    by_path.or_else(|| files().find(named)).or_else(|| definitions.broken(None, wanted).next())
}

fn unknown(wanted: &str, ui: &mut Ui) -> Result<Outcome, Failure> {
    const PROBLEM: &str = "Endpoint file not found or not a valid endpoint";
    match ui.output() {
        Output::Json => {
            let entry = Entry {
                status: status(true),
                path: wanted,
                message: Some(PROBLEM.to_owned()),
                diagnostics: Vec::new(),
            };
            ui.document(&ResultDocument::new(entry))?;
        }
        Output::Human => {
            ui.line(format_args!("✗ {}", printable(wanted)))?;
            ui.line(format_args!("  Error: {PROBLEM}"))?;
        }
    }
    Ok(Outcome::Findings)
}

fn is_code(implementation: &Implementation) -> bool {
    matches!(implementation, Implementation::Sql(_) | Implementation::Python(_))
}

fn status(broken: bool) -> &'static str {
    if broken { "error" } else { "ok" }
}

fn outcome(broken: bool) -> Outcome {
    if broken { Outcome::Findings } else { Outcome::Fine }
}

impl<'a> Entry<'a> {
    fn of(report: &'a FileReport) -> Self {
        let message = report.message();
        Self { status: status(message.is_some()), path: &report.path, message, diagnostics: report.as_json() }
    }
}

/// The findings with their places on standard error, then the overview.
fn show(reports: &[FileReport], ui: &mut Ui) -> Result<(), Failure> {
    if reports.is_empty() {
        return Ok(ui.no_endpoints()?);
    }
    for report in reports {
        ui.findings(&report.findings)?;
    }
    let mut sorted: Vec<_> = reports.iter().collect();
    sorted.sort_by_key(|report| &report.path);
    let (failed, passed): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|report| report.is_broken());
    ui.heading("Validation Results")?;
    ui.line(format_args!("Validated {} endpoint files", reports.len()))?;
    ui.line(format_args!("• {} passed", passed.len()))?;
    ui.line(format_args!("• {} failed", failed.len()))?;
    if !failed.is_empty() {
        ui.line("")?;
        ui.heading("Failed:")?;
    }
    for report in &failed {
        ui.line(format_args!("  ✗ {}", report.path))?;
        let message = report.message().unwrap_or_default();
        for (index, line) in printable(&message).lines().enumerate() {
            let indent = if index == 0 { "    Error: " } else { "      " };
            ui.line(format_args!("{indent}{line}"))?;
        }
    }
    if !passed.is_empty() {
        ui.line("")?;
        ui.heading("Passed:")?;
    }
    for report in &passed {
        ui.line(format_args!("  ✓ {}", report.path))?;
    }
    ui.line("")?;
    Ok(ui.line(if failed.is_empty() {
        "All endpoints are valid."
    } else {
        "Some endpoints can't be served."
    })?)
}
