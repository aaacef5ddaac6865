//! `mxcp list`: the endpoints of the project. Opens no database.

use mxcp_core::definition::Kind;
use mxcp_core::load::{FileState, LoadedFile};
use serde::Serialize;

use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Arguments of `mxcp list`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Listing {
    status: &'static str,
    endpoints: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    path: String,
    kind: &'static str,
    name: String,
    error: String,
}

/// Lists. The exit code says that the command ran, not that every file is right.
///
/// # Errors
/// There is no project, or its configuration can't be used.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    let definitions = project.definitions();
    ui.findings(&definitions.warnings)?;
    match ui.output() {
        Output::Json => {
            let endpoints: Vec<_> =
                definitions.files.iter().filter_map(|file| entry(file, &project)).collect();
            let broken = endpoints.iter().any(|entry| !entry.error.is_empty());
            let status = if broken { "error" } else { "ok" };
            ui.document(&ResultDocument::new(Listing { status, endpoints }))?;
        }
        Output::Human => show(&definitions.files, ui)?,
    }
    Ok(Outcome::Fine)
}

fn entry(file: &LoadedFile, project: &Project) -> Option<Entry> {
    let path = project.absolute(&file.path);
    match &file.state {
        FileState::Endpoint { kind, name } => {
            Some(Entry { path, kind: kind.as_str(), name: name.clone(), error: String::new() })
        }
        FileState::Broken => {
            let (kind, name) = ("unknown", "unknown".to_owned());
            Some(Entry { path, kind, name, error: first_error(file) })
        }
        FileState::Disabled | FileState::Foreign => None,
    }
}

fn first_error(file: &LoadedFile) -> String {
    let error =
        file.findings.iter().find(|finding| finding.severity == mxcp_core::diagnostic::Severity::Error);
    error.map(mxcp_core::diagnostic::Diagnostic::summary).unwrap_or_default()
}

fn show(files: &[LoadedFile], ui: &mut Ui) -> Result<(), Failure> {
    let broken: Vec<_> = files.iter().filter(|file| file.state == FileState::Broken).collect();
    let mut valid: Vec<(Kind, &str, &str)> = files
        .iter()
        .filter_map(|file| match &file.state {
            FileState::Endpoint { kind, name } => Some((*kind, name.as_str(), file.path.as_str())),
            _ => None,
        })
        .collect();
    valid.sort_unstable();
    if broken.is_empty() && valid.is_empty() {
        return Ok(ui.no_endpoints()?);
    }
    ui.heading("Endpoints Discovery")?;
    ui.line(format_args!("Found {} endpoint files", broken.len() + valid.len()))?;
    ui.line(format_args!("• {} valid", valid.len()))?;
    ui.line(format_args!("• {} failed", broken.len()))?;
    if !broken.is_empty() {
        ui.line("")?;
        ui.heading("Failed:")?;
    }
    for file in broken {
        ui.line(format_args!("  ✗ {}", file.path))?;
        ui.line(format_args!("    Error: {}", printable(&first_error(file))))?;
    }
    for kind in Kind::ALL {
        let title = match kind {
            Kind::Tool => "Tools:",
            Kind::Resource => "Resources:",
            Kind::Prompt => "Prompts:",
        };
        let mut of_kind = valid.iter().filter(|(other, ..)| *other == kind).peekable();
        if of_kind.peek().is_some() {
            ui.line("")?;
            ui.heading(title)?;
        }
        for (_, name, path) in of_kind {
            ui.line(format_args!("  ✓ {} ({path})", printable(name)))?;
        }
    }
    Ok(())
}
