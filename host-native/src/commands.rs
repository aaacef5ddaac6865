//! One file per command, each with its arguments and what it does with them.

pub(crate) mod admin;
pub(crate) mod build;
pub(crate) mod completions;
pub(crate) mod component;
pub(crate) mod dbt;
pub(crate) mod dbt_config;
pub(crate) mod docs;
pub(crate) mod doctor;
pub(crate) mod drift_check;
pub(crate) mod drift_snapshot;
pub(crate) mod edge;
pub(crate) mod evals;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod log_cleanup;
pub(crate) mod man;
pub(crate) mod migrate;
pub(crate) mod policy;
pub(crate) mod query;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod test;
pub(crate) mod validate;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::InProcessPython;
use crate::cli::{Command, Common};
use crate::environment::Environment;
use crate::logging::{self, Format, Verbosity};
use crate::project;
use crate::reenter::reenter;
use crate::ui::{Output, Ui};

/// Runs a command and gives the exit code of the program. `words` is the command line that it came from.
pub(crate) fn run(command: Command, words: &[OsString], in_process: Option<InProcessPython>) -> ExitCode {
    let environment = Environment { in_process, ..Environment::of_process() };
    let (name, json, common) = match &command {
        Command::Admin(args) => ("admin", args.json_output(), args.common()),
        Command::Component(args) => ("component", args.json_output(), args.common()),
        Command::Policy(args) => ("policy", args.json_output(), args.common()),
        Command::Build(args) => ("build", args.json_output, &args.common),
        Command::Completions(args) => ("completions", false, &args.common),
        Command::Dbt(args) => ("dbt", false, &args.common),
        Command::DbtConfig(args) => ("dbt-config", false, &args.common),
        Command::Docs(args) => ("docs", args.json_output, &args.common),
        Command::Doctor(args) => ("doctor", args.json_output, &args.common),
        Command::DriftCheck(args) => ("drift-check", args.json_output, &args.common),
        Command::DriftSnapshot(args) => ("drift-snapshot", args.json_output, &args.common),
        Command::Edge(args) => ("edge", false, args.common()),
        Command::Evals(args) => ("evals", args.json_output, &args.common),
        Command::Init(args) => ("init", false, &args.common),
        Command::Lint(args) => ("lint", args.json_output, &args.common),
        Command::List(args) => ("list", args.json_output, &args.common),
        Command::Lock(args) => ("lock", args.json_output, &args.common),
        Command::Log(args) => ("log", args.json(), args.common()),
        Command::LogCleanup(args) => ("log-cleanup", args.json, &args.common),
        Command::Man(args) => ("man", false, &args.common),
        Command::Migrate(args) => ("migrate", args.json_output, &args.common),
        Command::Query(args) => ("query", args.json_output, &args.common),
        Command::Run(args) => ("run", args.json_output, &args.common),
        Command::Serve(args) => ("serve", args.json_output, &args.common),
        Command::Test(args) => ("test", args.json_output, &args.common),
        Command::Validate(args) => ("validate", args.json_output, &args.common),
    };
    let debug = common.debug;
    // `serve` starts its log when it knows its transport.
    if name != "serve" {
        logging::start(verbosity(common, &environment), format(common, &environment));
    }
    let runs_code = matches!(
        name,
        "drift-check" | "drift-snapshot" | "evals" | "query" | "run" | "serve" | "test" | "validate"
    );
    if runs_code
        && in_process.is_none()
        && project::wants_python_in_process(common, &environment)
        && let Some(error) = reenter(words)
    {
        tracing::warn!(%error, "the interpreter can't be started: Python runs in worker processes");
    }
    let mut ui = Ui::new(Output::from_flag(json));
    let ended = match command {
        Command::Admin(args) => admin::run(&args, &environment, &mut ui),
        Command::Component(args) => component::run(&args, &environment, &mut ui),
        Command::Policy(args) => policy::run(&args, &environment, &mut ui),
        Command::Build(args) => build::run(&args, &environment, &mut ui),
        Command::Completions(args) => completions::run(&args, &mut ui),
        Command::Dbt(args) => dbt::run(&args, &environment, &mut ui),
        Command::DbtConfig(args) => dbt_config::run(&args, &environment, &mut ui),
        Command::Docs(args) => docs::run(&args, &environment, &mut ui),
        Command::Doctor(args) => doctor::run(&args, &environment, &mut ui),
        Command::DriftCheck(args) => drift_check::run(&args, &environment, &mut ui),
        Command::DriftSnapshot(args) => drift_snapshot::run(&args, &environment, &mut ui),
        Command::Edge(args) => edge::run(args, &mut ui),
        Command::Evals(args) => evals::run(&args, &environment, &mut ui),
        Command::Init(args) => init::run(args, &environment, &mut ui),
        Command::Lint(args) => lint::run(&args, &environment, &mut ui),
        Command::List(args) => list::run(&args, &environment, &mut ui),
        Command::Lock(args) => lock::run(&args, &environment, &mut ui),
        Command::Log(args) => log::run(&args, &environment, &mut ui),
        Command::LogCleanup(args) => log_cleanup::run(&args, &environment, &mut ui),
        Command::Man(args) => man::run(&args, &mut ui),
        Command::Migrate(args) => migrate::run(&args, &environment, &mut ui),
        Command::Query(args) => query::run(&args, &environment, &mut ui),
        Command::Run(args) => run::run(&args, &environment, &mut ui),
        Command::Serve(args) => serve::run(&args, &environment, &mut ui),
        Command::Test(args) => test::run(&args, &environment, &mut ui),
        Command::Validate(args) => validate::run(&args, &environment, &mut ui),
    };
    ui.conclude(name, ended, debug)
}

/// How much is logged on standard error.
fn verbosity(common: &Common, environment: &Environment) -> Verbosity {
    if common.debug || environment.debug { Verbosity::Debug } else { Verbosity::Warnings }
}

/// How events of the log are written, if the command line or the environment says.
fn format(common: &Common, environment: &Environment) -> Option<Format> {
    common.log_format.or_else(|| Format::from_name(environment.log_format.as_deref()?))
}
