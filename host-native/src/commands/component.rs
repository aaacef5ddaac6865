//! `mxcp component`: files of WebAssembly components.

pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod pull;
pub(crate) mod push;

use std::path::Path;

use clap::Subcommand;
use mxcp_core::wit::Component;

use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::ui::Ui;

/// Arguments of `mxcp component`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done with a component.
#[derive(Debug, Subcommand)]
enum Command {
    /// Write definitions of tools from the functions of a component.
    Import(import::Args),
    /// Show what a component exports and needs.
    Inspect(inspect::Args),
    /// Pull a component from a registry.
    Pull(pull::Args),
    /// Push a component to a registry.
    Push(push::Args),
}

impl Args {
    /// Whether the result is printed for programs.
    pub(crate) fn json_output(&self) -> bool {
        match &self.command {
            Command::Import(args) => args.json_output,
            Command::Inspect(args) => args.json_output,
            Command::Pull(args) => args.json_output,
            Command::Push(args) => args.json_output,
        }
    }

    /// What every command takes.
    pub(crate) fn common(&self) -> &Common {
        match &self.command {
            Command::Import(args) => &args.common,
            Command::Inspect(args) => &args.common,
            Command::Pull(args) => &args.common,
            Command::Push(args) => &args.common,
        }
    }
}

/// Does what the command says.
///
/// # Errors
/// As the command.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    match &args.command {
        Command::Import(args) => import::run(args, environment, ui),
        Command::Inspect(args) => inspect::run(args, ui),
        Command::Pull(args) => pull::run(args, ui),
        Command::Push(args) => push::run(args, ui),
    }
}

/// Describes the component in a file.
///
/// # Errors
/// The file can't be read, or is no component.
fn describe(path: &Path) -> Result<Component, Failure> {
    let shown = path.display();
    let read = file::read_up_to(file::MAX_COMPONENT_BYTES, path);
    let bytes =
        read.map_err(|error| Failure::message(format!("component can't be read: {shown}: {error}")))?;
    let most = file::MAX_COMPONENT_BYTES;
    let bytes = bytes.ok_or_else(|| {
        Failure::message(format!("component can't be read: {shown}: file is larger than {most} bytes"))
    })?;
    mxcp_wasm::describe(&bytes)
        .map_err(|error| Failure::message(format!("component can't be read: {shown}: {error}")))
}
