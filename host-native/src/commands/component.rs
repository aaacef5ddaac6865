//! `mxcp component`: files of WebAssembly components.

pub(crate) mod pull;
pub(crate) mod push;

use clap::Subcommand;

use crate::cli::Common;
use crate::failure::{Failure, Outcome};
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
    /// Pull a component from a registry.
    Pull(pull::Args),
    /// Push a component to a registry.
    Push(push::Args),
}

impl Args {
    /// Whether the result is printed for programs.
    pub(crate) fn json_output(&self) -> bool {
        match &self.command {
            Command::Pull(args) => args.json_output,
            Command::Push(args) => args.json_output,
        }
    }

    /// What every command takes.
    pub(crate) fn common(&self) -> &Common {
        match &self.command {
            Command::Pull(args) => &args.common,
            Command::Push(args) => &args.common,
        }
    }
}

/// Does what the command says.
///
/// # Errors
/// As the command.
pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Outcome, Failure> {
    match &args.command {
        Command::Pull(args) => pull::run(args, ui),
        Command::Push(args) => push::run(args, ui),
    }
}
