//! `mxcp policy`: what the rules around endpoints say, and why.

pub(crate) mod explain;
pub(crate) mod replay;

use std::sync::Arc;

use clap::Subcommand;
use mxcp_core::call::Principal;
use mxcp_core::value::Value;

use crate::arguments;
use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Arguments of `mxcp policy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is asked of the rules.
#[derive(Debug, Subcommand)]
enum Command {
    /// Explain what the rules of an endpoint say about a call.
    Explain(explain::Args),
    /// Find recorded calls that would be decided otherwise now.
    Replay(replay::Args),
}

impl Args {
    /// Whether the result is printed for programs.
    pub(crate) fn json_output(&self) -> bool {
        match &self.command {
            Command::Explain(args) => args.json_output,
            Command::Replay(args) => args.json_output,
        }
    }

    /// What every command takes.
    pub(crate) fn common(&self) -> &Common {
        match &self.command {
            Command::Explain(args) => &args.common,
            Command::Replay(args) => &args.common,
        }
    }
}

/// Does what the command says.
///
/// # Errors
/// As the command.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    match &args.command {
        Command::Explain(args) => explain::run(args, environment, ui),
        Command::Replay(args) => replay::run(args, environment, ui),
    }
}

/// The caller that a user context describes. Unlike in calls from the command line, its `provider` counts: it is asked
/// about calls of those who log in.
///
/// # Errors
/// It is no object, or a part of it has the wrong type.
fn caller(context: Value) -> Result<Principal, Failure> {
    let provider =
        context.as_object().and_then(|context| context.get("provider")?.as_str()).map(str::to_owned);
    let mut principal = arguments::caller(context)?;
    if let Some(provider) = provider {
        principal.provider = provider;
    }
    Ok(principal)
}

/// The caller that `--user-context` describes.
///
/// # Errors
/// It is no JSON object, or a part of it has the wrong type.
fn caller_of(option: Option<&str>) -> Result<Option<Arc<Principal>>, Failure> {
    option.map(|text| caller(arguments::json(text, "user context")?).map(Arc::new)).transpose()
}
