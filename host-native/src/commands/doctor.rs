//! `mxcp doctor`: what is wrong with the machine and the project, and what to do about it.
//!
//! It changes nothing and leaves nothing behind: a database is opened for reading only and never made, nothing is downloaded,
//! and no code of the project runs. Without `--network` it speaks to no other machine.

mod audit;
mod check;
mod components;
mod configuration;
mod database;
mod definitions;
mod disk;
mod finding;
mod listener;
mod machine;
mod port;
mod python;
mod subject;
mod telemetry;
mod tls;
mod user_file;

use serde::Serialize;

use self::check::{Check, State, counted};
use self::configuration::Examined;
use self::subject::Subject;
use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Arguments of `mxcp doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also look at what the project does not need, and at what takes long: Python, and compiling components
    #[arg(long)]
    all: bool,
    /// Also ask other machines: secret managers, name servers, the collector of telemetry
    #[arg(long)]
    network: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Report {
    checks: Vec<Check>,
    problems: usize,
    warnings: usize,
}

/// What is looked at in a project that can be read, in the order in which it is told.
const OF_PROJECT: [fn(&Subject<'_>, &Project) -> Vec<Check>; 7] = [
    definitions::checks,
    database::checks,
    python::checks,
    components::checks,
    audit::checks,
    port::checks,
    telemetry::checks,
];

/// Looks at everything, and reports findings if there is a problem.
///
/// # Errors
/// Standard output can't be written to.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let mut checks = machine::checks();
    let examined = configuration::examine(args, environment, &mut checks);
    let subject = Subject::new(args, environment, examined.as_ref());
    match &examined {
        Some(Examined { project, .. }) => {
            checks.extend(OF_PROJECT.iter().flat_map(|look| look(&subject, project)));
        }
        None => checks.extend(python::checks_of_machine(&subject)),
    }
    let count = |state| checks.iter().filter(|check| check.is(state)).count();
    let (problems, warnings) = (count(State::Problem), count(State::Warning));
    let report = Report { checks, problems, warnings };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(&report))?,
        Output::Human => show(&report, ui)?,
    }
    Ok(if problems == 0 { Outcome::Fine } else { Outcome::Findings })
}

fn show(report: &Report, ui: &mut Ui) -> Result<(), Failure> {
    let width = report.checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in &report.checks {
        let (state, name, message) = (check.state.as_str(), &check.name, printable(&check.message));
        ui.line(format_args!("{state:<7}  {:<width$}  {message}", printable(name)))?;
        if let Some(help) = &check.help {
            ui.line(format_args!("{:<7}  {:<width$}  help: {}", "", "", printable(help)))?;
        }
    }
    ui.line("")?;
    let (problems, warnings) = (counted(report.problems, "problem"), counted(report.warnings, "warning"));
    Ok(ui.line(format_args!("{problems}, {warnings}"))?)
}
