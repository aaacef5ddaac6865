//! `mxcp policy explain`: what the rules of an endpoint say about a call, and which part of which condition made it so.
//! Runs nothing and opens no database, unless `--run` says to make the call.

mod execution;
mod report;
mod show;

use std::sync::Arc;
use std::time::SystemTime;

use mxcp_core::call::{Call, CallContext, CallError, Caller, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::registry::{Question, Registry};
use mxcp_core::value::Object;

use self::execution::{Manner, execute};
use self::report::Report;
use super::caller_of;
use crate::arguments::{self, Parameters};
use crate::cli::Common;
use crate::commands::run::not_found;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp policy explain`.
#[derive(Debug, clap::Args)]
#[command(override_usage = "mxcp policy explain [OPTIONS] [KIND] <NAME>")]
pub(crate) struct Args {
    /// Name of a tool or prompt, or URI template of a resource; its kind before it if several have the name
    #[arg(value_name = "[KIND] NAME", num_args = 1..=2, required = true)]
    endpoint: Vec<String>,
    /// A parameter of the call: a text, or @FILE for the JSON in a file. Without any, what can be said whatever they are
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// Explain a call without parameters, for which their defaults stand
    #[arg(long, conflicts_with = "params")]
    defaults: bool,
    /// Who calls: a JSON object, or @FILE. Nobody, if absent
    #[arg(short, long, value_name = "JSON")]
    user_context: Option<String>,
    /// What the endpoint gives, before any rule: JSON, or @FILE. Without it, output rules are only listed
    #[arg(long, value_name = "JSON")]
    result: Option<String>,
    /// Make the call, and explain what the rules do to what it gives; without parameters, their defaults stand
    #[arg(long, conflicts_with = "result")]
    run: bool,
    /// Approve the call where a policy asks for approval, rather than being asked at the terminal
    #[arg(long, requires = "run")]
    approve: bool,
    /// Headers of the request: a JSON object, or @FILE
    #[arg(long, value_name = "JSON", requires = "run")]
    request_headers: Option<String>,
    /// Open the database for reading only [env: MXCP_READONLY]
    #[arg(long, requires = "run")]
    readonly: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Explains. The exit code says that there was something to explain, not what the rules say.
///
/// # Errors
/// The options can't be used, there is no project or endpoint, the arguments or the result don't fit it, or the call that
/// is to be made fails.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let parameters = Parameters::parse(&args.params)?;
    let principal = caller_of(args.user_context.as_deref())?;
    let response = args.result.as_deref().map(|text| arguments::json(text, "result")).transpose()?;
    let headers = arguments::headers(args.request_headers.as_deref())?;
    let project = Project::load(&args.common, environment, ui)?;
    let definitions = project.definitions();
    let (kind, name) = endpoint(&args.endpoint, &definitions.registry)?;
    let Some(endpoint) = definitions.registry.get(kind, name) else {
        return Err(not_found(kind, name, &definitions, &project.root, ui)?);
    };
    let takes_nothing = endpoint.parameters.iter().next().is_none();
    let arguments = match parameters.is_empty() {
        true if args.defaults || args.run || takes_nothing => Some(Object::new()),
        true => None,
        false => Some(parameters.into_object()),
    };
    let context = CallContext {
        request_id: "explain".to_owned(),
        now: SystemTime::now().into(),
        caller: Caller::Cli,
        principal,
        headers,
        session_id: None,
        trace: None,
    };
    let name = name.to_owned();
    let (registry, response) = if args.run {
        let call = Call {
            kind,
            name: name.clone(),
            arguments: arguments.clone().unwrap_or_default(),
            unknown_arguments: UnknownArguments::Refuse,
            output_validation: OutputValidation::Check,
        };
        // A question about the call comes after what was said before it.
        ui.flush()?;
        let manner = Manner { approve: args.approve, readonly: args.readonly };
        execute(&project, definitions, manner, call, context.clone())?
    } else {
        (Arc::new(definitions.registry), response)
    };
    let has_run = args.run && response.is_some();
    let question = Question { kind, name: name.clone(), arguments, response };
    let explanation = registry.explain(question.clone(), &context).map_err(unexplained)?;
    let dissection = registry.dissect(question, &context).map_err(unexplained)?;
    let report = Report::new(kind, &name, has_run, explanation, dissection);
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(report))?,
        Output::Human => show::show(&report, ui)?,
    }
    Ok(Outcome::Fine)
}

/// The endpoint that one or two words name. One alone is looked for among tools, resources and prompts.
fn endpoint<'a>(words: &'a [String], registry: &Registry) -> Result<(Kind, &'a str), Failure> {
    let (kind, name) = match words {
        [name] => {
            let known: Vec<Kind> =
                Kind::ALL.into_iter().filter(|kind| registry.get(*kind, name).is_some()).collect();
            match known.as_slice() {
                [first, _, ..] => {
                    let problem = format!("several endpoints have the name '{name}': say '{first} {name}'");
                    return Err(Failure::Usage(problem));
                }
                known => (known.first().copied().unwrap_or(Kind::Tool), name),
            }
        }
        [kind, name, ..] => {
            let known = Kind::ALL.into_iter().find(|known| known.as_str() == kind);
            let problem = || Failure::Usage(format!("KIND is tool, resource or prompt, not '{kind}'"));
            (known.ok_or_else(problem)?, name)
        }
        [] => return Err(Failure::Usage("the name of an endpoint is missing".to_owned())),
    };
    Ok((kind, name.as_str()))
}

fn unexplained(error: CallError) -> Failure {
    Failure::Other(error.into())
}
