//! `mxcp component import`: definitions of tools from the functions of a component.

mod name;
mod target;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mxcp_core::wit::{self, NoFunction, World};
use serde::Serialize;

use self::target::Target;
use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::ui::{Output, ResultDocument, Ui, printable};

/// What componentize-py calls while it makes a component, and leaves in it.
const MADE_WITH_PYTHON: &str = "exports.init";

/// Arguments of `mxcp component import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File of the component, in the folder of the project
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Function to import, such as `acme:text/analysis.sentiment`; may be repeated; all of them if absent
    #[arg(long, value_name = "PATH")]
    export: Vec<String>,
    /// Folder to write to [default: the project's folder of tools]
    #[arg(long, value_name = "DIR")]
    tools_dir: Option<PathBuf>,
    /// Overwrite definitions that exist
    #[arg(long)]
    force: bool,
    /// Print the definitions instead of writing them
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    written: bool,
    definitions: Vec<Definition>,
    unusable: Vec<Unusable<'a>>,
}

/// A definition to write.
#[derive(Debug, Serialize)]
struct Definition {
    /// Its file as messages show it.
    path: String,
    /// Name of the tool.
    tool: String,
    /// Full path of the function.
    export: String,
    /// The definition.
    text: String,
    #[serde(skip)]
    file: PathBuf,
}

#[derive(Debug, Serialize)]
struct Unusable<'a> {
    export: &'a str,
    reason: &'a str,
}

/// Imports.
///
/// # Errors
/// The component or the project can't be read, there is nothing to import, or a definition exists already.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let component = super::describe(&args.file)?;
    let world = &component.world;
    let exports = chosen(world, &args.export)?;
    let target = Target::find(args, environment, ui)?;
    let file = target.reference(&args.file)?;
    let tools = name::of(&exports);
    let definitions: Vec<Definition> = exports
        .iter()
        .zip(tools)
        .filter_map(|(export, tool)| {
            let text = wit::scaffold(world, export, &file, &tool)?;
            let path = target.folder.join(format!("{tool}.yml"));
            Some(Definition {
                path: target.shown(&path),
                tool,
                export: (*export).to_owned(),
                text,
                file: path,
            })
        })
        .collect();
    if !args.dry_run {
        write(&definitions, &target.folder, args.force)?;
    }
    let unusable = world.unusable.iter().map(|(export, reason)| Unusable { export, reason }).collect();
    let report = Report { written: !args.dry_run, definitions, unusable };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(report))?,
        Output::Human => show(&report, ui)?,
    }
    Ok(Outcome::Fine)
}

/// The full paths of the functions that are asked for. Those that are there for another host, such as `wasi:cli/run`, have
/// to be named.
fn chosen<'w>(world: &'w World, asked: &[String]) -> Result<Vec<&'w str>, Failure> {
    let all: Vec<&str> = world.functions.keys().map(String::as_str).collect();
    if asked.is_empty() {
        let own: Vec<&str> =
            all.into_iter().filter(|path| !path.starts_with("wasi:") && *path != MADE_WITH_PYTHON).collect();
        return if own.is_empty() {
            Err(Failure::message("component exports no function that a definition can name"))
        } else {
            Ok(own)
        };
    }
    let mut chosen = Vec::new();
    for path in asked {
        match world.find(path) {
            Ok((full, _)) if chosen.contains(&full) => {}
            Ok((full, _)) => chosen.push(full),
            Err(NoFunction::Absent) => {
                let known = if all.is_empty() { "no function".to_owned() } else { all.join(", ") };
                let problem = format!("component has no export `{path}`; it exports {known}");
                return Err(Failure::message(problem));
            }
            Err(NoFunction::Unusable(why)) => {
                return Err(Failure::message(format!("`{path}` can't be called: {why}")));
            }
            Err(NoFunction::Ambiguous(paths)) => {
                let problem =
                    format!("component has several versions of `{path}`: name one of {}", paths.join(", "));
                return Err(Failure::message(problem));
            }
        }
    }
    Ok(chosen)
}

/// Writes all definitions, or none if one exists and may not be overwritten.
fn write(definitions: &[Definition], folder: &Path, force: bool) -> Result<(), Failure> {
    let exist = definitions.iter().filter(|definition| definition.file.exists());
    let exist: Vec<&str> = exist.map(|definition| definition.path.as_str()).collect();
    if !force && !exist.is_empty() {
        let problem = format!("{} exists already: nothing is written without --force", exist.join(", "));
        return Err(Failure::message(problem));
    }
    fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    for definition in definitions {
        fs::write(&definition.file, &definition.text)
            .with_context(|| format!("{} can't be written", definition.path))?;
    }
    Ok(())
}

fn show(report: &Report<'_>, ui: &mut Ui) -> Result<(), Failure> {
    for definition in &report.definitions {
        if report.written {
            ui.line(format_args!("  ✓ {} ({})", definition.path, printable(&definition.export)))?;
        } else {
            ui.line(format_args!("# {}", definition.path))?;
            ui.line(&definition.text)?;
        }
    }
    for unusable in &report.unusable {
        let (export, reason) = (printable(unusable.export), printable(unusable.reason));
        ui.remark(format_args!("Not imported: {export}: {reason}"))?;
    }
    Ok(())
}
