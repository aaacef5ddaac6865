//! `mxcp run`: one call of one endpoint, without a server.

use std::path::Path;
use std::time::SystemTime;

use mxcp_core::call::{Call, CallContext, CallError, Caller, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::{Code, Diagnostics, Severity};
use mxcp_core::registry::Success;
use mxcp_runtime::Link;
use tokio_util::sync::CancellationToken;

use crate::advice;
use crate::approval;
use crate::arguments::{self, Parameters};
use crate::cli::Common;
use crate::compose::{self, Engines, Opening};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::lock;
use crate::project::{Definitions, Project};
use crate::signals;
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Arguments of `mxcp run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What kind of endpoint it is
    #[arg(value_enum)]
    pub(crate) kind: KindWord,
    /// Name of a tool or prompt; URI template of a resource, as written
    pub(crate) name: String,
    /// A parameter: a text, or @FILE for the JSON in a file
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    pub(crate) params: Vec<String>,
    /// Who calls: a JSON object, or @FILE
    #[arg(short, long, value_name = "JSON")]
    user_context: Option<String>,
    /// Headers of the request: a JSON object, or @FILE
    #[arg(long, value_name = "JSON")]
    request_headers: Option<String>,
    /// Approve the call where a policy asks for approval, rather than being asked at the terminal
    #[arg(long)]
    approve: bool,
    /// Don't check the result against the endpoint's `return`
    #[arg(long)]
    skip_output_validation: bool,
    /// Open the database for reading only [env: MXCP_READONLY]
    #[arg(long)]
    readonly: bool,
    /// Run nothing unless all that is served is as mxcp.lock says
    #[arg(long)]
    locked: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// A kind of endpoint on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum KindWord {
    Tool,
    Resource,
    Prompt,
}

impl From<KindWord> for Kind {
    fn from(word: KindWord) -> Self {
        match word {
            KindWord::Tool => Kind::Tool,
            KindWord::Resource => Kind::Resource,
            KindWord::Prompt => Kind::Prompt,
        }
    }
}

/// Runs the endpoint and prints its result.
///
/// # Errors
/// The options can't be used, there is no project, or the call failed.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let parameters = Parameters::parse(&args.params)?;
    let principal = arguments::principal(args.user_context.as_deref())?;
    let headers = arguments::headers(args.request_headers.as_deref())?;
    let project = Project::load(&args.common, environment, ui)?;
    let definitions = project.definitions();
    if args.locked {
        lock::verify(&project, &definitions)?;
    }
    let kind = Kind::from(args.kind);
    let Some(endpoint) = definitions.registry.get(kind, &args.name) else {
        return Err(not_found(kind, &args.name, &definitions, &project.root, ui)?);
    };
    let is_secret =
        |name: &str| endpoint.parameters.get(name).is_some_and(|parameter| parameter.ty.has_sensitive());
    let announcement = announcement(kind, &args.name, parameters.lines(is_secret));
    // Whoever an endpoint hides itself from reads exactly what an unknown one answers.
    let hides = endpoint.policies.hides();
    if !hides {
        announce(&announcement, ui)?;
    }
    let call = Call {
        kind,
        name: args.name.clone(),
        arguments: parameters.into_object(),
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: match args.skip_output_validation {
            true => OutputValidation::Skip,
            false => OutputValidation::Check,
        },
    };
    let context = CallContext {
        request_id: format!("run-{}", std::process::id()),
        now: now(),
        caller: Caller::Cli,
        principal,
        headers,
        session_id: None,
        trace: None,
    };
    // What is said before the call comes before a question about it.
    ui.flush()?;
    let success = make_call(&project, definitions, args, call, context)?;
    if hides {
        announce(&announcement, ui)?;
    }
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(&success.value))?,
        Output::Human => {
            ui.line("")?;
            match kind {
                Kind::Prompt => ui.messages(&success.value)?,
                Kind::Tool | Kind::Resource => ui.value(&success.value)?,
            }
        }
    }
    Ok(Outcome::Fine)
}

/// What is run with which parameters, in lines for people.
fn announcement(kind: Kind, name: &str, parameters: impl Iterator<Item = String>) -> Vec<String> {
    let mut parameters = parameters.peekable();
    let heading = parameters.peek().map(|_| "Parameters:".to_owned());
    let first = format!("Running {kind} {}", printable(name));
    std::iter::once(first).chain(heading).chain(parameters).collect()
}

fn announce(lines: &[String], ui: &mut Ui) -> Result<(), Failure> {
    if ui.output() == Output::Human {
        for line in lines {
            ui.line(line)?;
        }
    }
    Ok(())
}

fn make_call(
    project: &Project,
    definitions: Definitions,
    args: &Args,
    call: Call,
    context: CallContext,
) -> Result<Success, Failure> {
    compose::block_on(async {
        let opening = Opening::of_command(args.readonly);
        let engines = signals::starting(Engines::open(project, &definitions.registry, opening)).await?;
        let pipeline = engines.pipeline(definitions.registry);
        let reply = signals::cancelling(|cancel: CancellationToken| {
            let approve = Some(approval::approver(args.approve));
            pipeline.call(call, context, Link { cancel, approve, ..Link::default() })
        })
        .await;
        engines.close().await;
        match reply.result() {
            Ok(success) => Ok(success.clone()),
            Err(CallError::Cancelled) => Err(Failure::message(signals::CANCELLED)),
            Err(error) => Err(Failure::Other(error.clone().into())),
        }
    })
}

/// Why there is no such endpoint: if its file is broken, what is wrong with it.
pub(super) fn not_found(
    kind: Kind,
    name: &str,
    definitions: &Definitions,
    root: &Path,
    ui: &mut Ui,
) -> Result<Failure, Failure> {
    let mut why = None;
    let mut is_broken = false;
    for file in definitions.broken(Some(kind), name) {
        ui.findings(&file.findings)?;
        is_broken = true;
        why = why.or_else(|| without_source(kind, &file.findings, root));
    }
    Ok(match why {
        Some(why) => Failure::message(why),
        None => Failure::Other(advice::without_endpoint(kind, name, &definitions.registry, is_broken).into()),
    })
}

/// What is wrong with the source of an endpoint; none if anything else is wrong with it.
fn without_source(kind: Kind, findings: &Diagnostics, root: &Path) -> Option<String> {
    let source = format!("{kind}.source.");
    let mut errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let error = errors.next().filter(|error| error.path.starts_with(&source))?;
    let unusable = matches!(
        error.code,
        Code::MissingSource | Code::UnreadableFile | Code::TooLarge | Code::InvalidValue
    );
    if !unusable || errors.next().is_some() {
        return None;
    }
    // Calls name the file as the system knows it, where findings name it as the project does.
    let missing = error.message.strip_prefix("Python source file not found: '");
    let missing = missing.and_then(|rest| rest.strip_suffix("': No such file or directory"));
    Some(match missing {
        Some(file) => format!("Python file not found: {}", root.join(file).display()),
        None => error.message.clone(),
    })
}

/// The time by the system's clock.
fn now() -> chrono::DateTime<chrono::Utc> {
    SystemTime::now().into()
}
