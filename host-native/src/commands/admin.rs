//! `mxcp admin`: looks after a running server, over its admin socket. Needs no project.

mod question;
mod reload;

use std::path::PathBuf;

use clap::Subcommand;
use mxcp_admin::{Answer, Client};
use mxcp_core::value::{Object, Value};
use serde_json::Value as Json;

use self::question::Question;
use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp admin`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is asked of a server.
#[derive(Debug, Subcommand)]
enum Command {
    /// Show records of calls, newest first, or how many there are.
    #[command(subcommand)]
    Audit(Box<question::Audit>),
    /// Show what the server is configured to be.
    Config(Asking),
    /// List the definitions on the server's disk.
    Endpoints(Asking),
    /// Check whether the server can answer calls.
    Health(Asking),
    /// Have the server reload its configuration and definitions.
    Reload(reload::Args),
    /// Show how the server is.
    Status(Asking),
    /// Show how the machine is.
    System(question::System),
}

/// What every question takes.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Asking {
    /// The server's socket [env: MXCP_ADMIN_SOCKET, default: /run/mxcp/mxcp.sock]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json_output: bool,
    #[command(flatten)]
    common: Common,
}

impl Args {
    /// Whether the result is printed for programs.
    pub(crate) fn json_output(&self) -> bool {
        self.asking().json_output
    }

    /// What every command takes.
    pub(crate) fn common(&self) -> &Common {
        &self.asking().common
    }

    fn asking(&self) -> &Asking {
        match &self.command {
            Command::Config(asking)
            | Command::Endpoints(asking)
            | Command::Health(asking)
            | Command::Status(asking) => asking,
            Command::Audit(audit) => audit.asking(),
            Command::Reload(reload) => &reload.asking,
            Command::System(system) => &system.asking,
        }
    }
}

/// Asks, and shows the answer.
///
/// # Errors
/// No server answers, or it refuses.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let client = Client::new(args.asking().socket.clone().unwrap_or_else(|| environment.admin_socket()));
    let question = match &args.command {
        Command::Reload(reload) => return reload::run(reload, &client, ui),
        Command::Health(_) => return health(&client, ui),
        Command::Config(_) => Question::at("/config"),
        Command::Status(_) => Question::at("/status"),
        Command::Endpoints(_) => Question::at("/endpoints").within("endpoints"),
        Command::Audit(audit) => audit.question(),
        Command::System(system) => system.question(),
    };
    let body = expect(client.get(&question.path)?)?;
    show(&body, question.within, ui)?;
    Ok(Outcome::Fine)
}

/// A server that can't answer calls is a finding, and no failure.
fn health(client: &Client, ui: &mut Ui) -> Result<Outcome, Failure> {
    let answer = client.get("/health")?;
    show(&answer.body, None, ui)?;
    Ok(if answer.status == 200 { Outcome::Fine } else { Outcome::Findings })
}

/// What a server answers.
///
/// # Errors
/// It refuses; its reason.
fn expect(answer: Answer) -> Result<Json, Failure> {
    if answer.status == 200 {
        return Ok(answer.body);
    }
    let detail = field(&answer.body, "detail");
    let reasons = detail.as_array().map(|problems| {
        let said = |problem: &Json| {
            let name = problem.pointer("/loc/1").and_then(Json::as_str).unwrap_or_default();
            format!("{name}: {}", field(problem, "msg").as_str().unwrap_or_default())
        };
        problems.iter().map(said).collect::<Vec<_>>().join("\n")
    });
    let reason = reasons.or_else(|| detail.as_str().map(str::to_owned));
    let reason = reason.or_else(|| field(&answer.body, "message").as_str().map(str::to_owned));
    Err(Failure::message(
        reason.unwrap_or_else(|| format!("the server answered with status {}", answer.status)),
    ))
}

/// Shows a document; to people, only what is `within` it.
fn show(body: &Json, within: Option<&'static str>, ui: &mut Ui) -> Result<(), Failure> {
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(body))?,
        Output::Human => {
            let mut whole = Object::from_json(body.as_object().cloned().unwrap_or_default());
            let part = within.and_then(|name| whole.remove(name));
            ui.value(&part.unwrap_or(Value::Object(whole)))?;
        }
    }
    Ok(())
}

/// A field of an answer; null if it is not there.
fn field<'a>(answer: &'a Json, name: &str) -> &'a Json {
    answer.get(name).unwrap_or(&Json::Null)
}
