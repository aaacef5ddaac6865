//! `mxcp test`: the tests that stand beside the endpoints.

mod junit;
pub(crate) mod report;
pub(crate) mod selection;
pub(crate) mod session;
mod show;
mod watch;

use std::path::PathBuf;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use self::report::Report;
use self::selection::Selection;
use self::session::{Callers, Session};
use crate::arguments;
use crate::cli::Common;
use crate::commands::run::KindWord;
use crate::compose::{self, Engines, Opening};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::lock;
use crate::project::Project;
use crate::signals;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Test only endpoints of this kind
    #[arg(value_enum)]
    kind: Option<KindWord>,
    /// Test only this endpoint: name of a tool or prompt, URI template of a resource as written
    name: Option<String>,
    /// Who calls, in place of the `user_context` of every test: a JSON object, or @FILE
    #[arg(short, long, value_name = "JSON")]
    user_context: Option<String>,
    /// Headers of the requests: a JSON object, or @FILE
    #[arg(long, value_name = "JSON")]
    request_headers: Option<String>,
    /// Write the results to a file in JUnit's XML format too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Test again whenever a file of the project changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Open the database for reading only [env: MXCP_READONLY]
    #[arg(long)]
    readonly: bool,
    /// Test nothing unless all that is served is as mxcp.lock says
    #[arg(long)]
    locked: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What is to be tested, and how.
#[derive(Debug)]
struct Request<'a> {
    args: &'a Args,
    environment: &'a Environment,
    callers: Callers,
    /// Absolute: opening a database changes the working directory.
    junit: Option<PathBuf>,
}

/// Tests, and reports findings if a test has not passed or a definition file is broken.
///
/// # Errors
/// The options can't be used, there is no project, or its database can't be opened.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let request = Request {
        args,
        environment,
        callers: Callers {
            principal: arguments::principal(args.user_context.as_deref())?,
            headers: arguments::headers(args.request_headers.as_deref())?,
        },
        junit: args.junit.as_ref().map(std::path::absolute).transpose()?,
    };
    compose::block_on(signals::cancelling(|cancel| async move {
        if args.watch { watch::run(&request, ui, &cancel).await } else { once(&request, ui, &cancel).await }
    }))
}

/// Tests once.
async fn once(request: &Request<'_>, ui: &mut Ui, cancel: &CancellationToken) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let args = request.args;
    let project = Project::load(&args.common, request.environment, ui)?;
    let definitions = project.definitions();
    if args.locked {
        lock::verify(&project, &definitions)?;
    }
    ui.findings(&definitions.warnings)?;
    let selection = Selection::of(args.kind.map(Into::into), args.name.as_deref(), &definitions, &project);
    if ui.output() == Output::Human {
        selection.show_findings(ui)?;
    }
    let mut endpoints = Vec::new();
    if selection.has_tests() {
        let engines =
            Engines::open(&project, &definitions.registry, Opening::of_command(args.readonly)).await?;
        let pipeline = engines.pipeline(definitions.registry);
        let progress = ui.progress(selection.tests());
        let mut session = Session::new(&pipeline, &request.callers, cancel, progress);
        for entry in selection.into_entries() {
            // What was not begun when the user stopped it has no place in the report.
            if session.is_over() {
                break;
            }
            endpoints.push(session.test(entry).await?);
        }
        session.end()?;
        engines.close().await;
    } else {
        endpoints.extend(selection.into_entries().map(selection::Entry::untested));
    }
    let report = Report { endpoints, time: started.elapsed() };
    if let Some(file) = &request.junit {
        let written = std::fs::write(file, junit::document(&report));
        written.map_err(|error| {
            anyhow::Error::new(error).context(format!("{} can't be written", file.display()))
        })?;
    }
    match (ui.output(), args.name.is_some()) {
        (Output::Json, false) => ui.document(&ResultDocument::new(report.as_json()))?,
        (Output::Json, true) => {
            ui.document(&ResultDocument::new(report.endpoints.first().map(|one| &one.results)))?
        }
        (Output::Human, one) => show::show(&report, one, args.common.debug, ui)?,
    }
    if cancel.is_cancelled() {
        ui.remark(signals::CANCELLED)?;
        return Ok(Outcome::Findings);
    }
    Ok(if report.is_ok() { Outcome::Fine } else { Outcome::Findings })
}
