//! `mxcp component inspect`: what a component exports and needs. Needs no project, and compiles nothing.

use std::path::PathBuf;

use mxcp_core::wit::{Component, Grant};
use serde::Serialize;

use crate::cli::Common;
use crate::failure::{Failure, Outcome};
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Arguments of `mxcp component inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File of the component
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    digest: &'a str,
    exports: Vec<Export<'a>>,
    unusable: Vec<Unusable<'a>>,
    imports: Vec<Import<'a>>,
}

#[derive(Debug, Serialize)]
struct Export<'a> {
    export: &'a str,
    signature: String,
    documentation: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Unusable<'a> {
    export: &'a str,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct Import<'a> {
    import: &'a str,
    permissions: &'static [&'static str],
    note: &'static str,
}

/// Shows it.
///
/// # Errors
/// The file can't be read, or is no component.
pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Outcome, Failure> {
    let component = super::describe(&args.file)?;
    let report = Report::of(&component);
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(report))?,
        Output::Human => show(&report, ui)?,
    }
    Ok(Outcome::Fine)
}

impl<'a> Report<'a> {
    fn of(component: &'a Component) -> Self {
        let world = &component.world;
        let export = |(path, function): (&'a String, &'a mxcp_core::wit::Function)| Export {
            export: path,
            signature: function.describe(),
            documentation: function.documentation.as_deref(),
        };
        let import = |import: &'a String| {
            let grant = Grant::of(import);
            Import { import, permissions: grant.permissions(), note: grant.describe() }
        };
        Self {
            digest: &component.digest,
            exports: world.functions.iter().map(export).collect(),
            unusable: world.unusable.iter().map(|(export, reason)| Unusable { export, reason }).collect(),
            imports: world.imports.iter().map(import).collect(),
        }
    }
}

fn show(report: &Report<'_>, ui: &mut Ui) -> Result<(), Failure> {
    ui.line(format_args!("sha256:{}", report.digest))?;
    ui.line("")?;
    ui.heading("Exports:")?;
    if report.exports.is_empty() {
        ui.line("  none that a definition can name")?;
    }
    for export in &report.exports {
        ui.line(format_args!("  {}: {}", printable(export.export), printable(&export.signature)))?;
        for line in export.documentation.into_iter().flat_map(str::lines) {
            ui.line(format_args!("    {}", printable(line)))?;
        }
    }
    if !report.unusable.is_empty() {
        ui.line("")?;
        ui.heading("Exports that can't be called:")?;
        for unusable in &report.unusable {
            ui.line(format_args!("  {}: {}", printable(unusable.export), printable(unusable.reason)))?;
        }
    }
    ui.line("")?;
    ui.heading("Imports:")?;
    if report.imports.is_empty() {
        ui.line("  none: it can reach nothing")?;
    }
    for import in &report.imports {
        ui.line(format_args!("  {}: {}", printable(import.import), import.note))?;
    }
    Ok(())
}
