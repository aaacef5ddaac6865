//! `mxcp evals`: what language models make of the tools.

mod models;
mod report;
mod show;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::StreamExt as _;
use mxcp_core::call::Principal;
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::evals::{LoadedSuite, SuiteState};
use mxcp_core::schema::EvalFile;
use mxcp_evals::{Service, Setting};
use tokio_util::sync::CancellationToken;

use self::models::Models;
use self::report::{Report, SuiteReport, SuiteResult, TestReport};
use crate::arguments;
use crate::cli::Common;
use crate::compose::{self, Engines, Opening};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::{Definitions, Project};
use crate::report::FileReport;
use crate::signals;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp evals`.
#[derive(Debug, clap::Args)]
// The variable does not choose the database here.
#[command(mut_arg("profile", |argument| argument.help("Profile of the site file to use, in place of its own")))]
pub(crate) struct Args {
    /// Run only this suite
    suite: Option<String>,
    /// Ask this model of the user file, whatever the suites say
    #[arg(short, long, value_name = "NAME")]
    model: Option<String>,
    /// Who calls, in place of the `user_context` of every test: a JSON object, or @FILE
    #[arg(short, long, value_name = "JSON")]
    user_context: Option<String>,
    /// Run so many tests at a time. They share one database
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Record what the models answer in a folder
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Take the answers from a folder of recordings: no model is asked, and no key is needed
    #[arg(long, value_name = "DIR")]
    replay: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// A suite that is asked for.
#[derive(Debug)]
struct Chosen {
    /// Its name; the absolute path of a file that does not load.
    name: String,
    path: String,
    /// The suite and the model that it is for; else why it can't be run.
    plan: Result<(EvalFile, Arc<Service>), String>,
}

/// Runs the suites, and reports findings if a test has not passed or a suite can't be run.
///
/// # Errors
/// The options can't be used, there is no project, its database can't be opened, or the model of the one suite that is asked for
/// can't be used.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let principal = arguments::principal(args.user_context.as_deref())?;
    // Opening a database changes the working directory.
    let absolute = |folder: &PathBuf| std::path::absolute(folder);
    let record = args.record.as_ref().map(absolute).transpose()?;
    let replay = args.replay.as_ref().map(absolute).transpose()?;
    // Evaluations write to the database of the site file's own profile unless somebody asks for another one by name.
    let environment = Environment { profile: None, ..environment.clone() };
    let project = Project::load(&args.common, &environment, ui)?;
    let definitions = project.definitions();
    let mut warnings = definitions.warnings.clone();
    let suites = project.suites(&definitions.registry, &mut warnings);
    ui.findings(&warnings)?;
    for file in definitions.files.iter().filter(|file| file.findings.has_errors()) {
        ui.findings(&file.findings)?;
    }
    let mut models = Models::new(&project.user, record.as_deref(), replay.as_deref())?;
    match &args.suite {
        Some(name) => run_one(name, suites, args, &mut models, (&project, definitions, principal), ui),
        None => run_all(suites, args, &mut models, (&project, definitions, principal), ui),
    }
}

/// What all suites run in.
type Ground<'a> = (&'a Project, Definitions, Option<Arc<Principal>>);

fn run_one(
    name: &str,
    suites: Vec<LoadedSuite>,
    args: &Args,
    models: &mut Models<'_>,
    ground: Ground<'_>,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let Some(loaded) =
        suites.into_iter().find(|loaded| loaded.name.as_deref() == Some(name) && !is_foreign(loaded))
    else {
        return refuse(format!("Eval suite '{name}' not found"), None, ui);
    };
    ui.findings(&loaded.findings)?;
    let LoadedSuite { path, state, findings, .. } = loaded;
    let SuiteState::Suite(suite) = state else {
        return refuse(problem(&path, findings), Some(name), ui);
    };
    let Some(model) = models.name_for(args.model.as_deref(), &suite) else {
        return refuse(models::UNSPECIFIED.to_owned(), Some(name), ui);
    };
    let service = models.service(&model).map_err(|error| Failure::Other(error.into()))?;
    let chosen = vec![Chosen { name: suite.suite.clone(), path, plan: Ok((*suite, service)) }];
    let (report, cancelled) = play(chosen, args, ground, ui)?;
    let Some(entry) = report.suites.first() else { return Ok(Outcome::Findings) };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(entry.as_single(report.time)))?,
        Output::Human => show::show(&report, true, args.common.debug, ui)?,
    }
    conclude(&report, cancelled, ui)
}

fn run_all(
    suites: Vec<LoadedSuite>,
    args: &Args,
    models: &mut Models<'_>,
    ground: Ground<'_>,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let project = ground.0;
    let mut chosen = Vec::new();
    for LoadedSuite { path, name: _, state, findings } in suites {
        ui.findings(&findings)?;
        chosen.push(match state {
            SuiteState::Foreign => continue,
            SuiteState::Broken => {
                Chosen { name: project.absolute(&path), plan: Err(problem(&path, findings)), path }
            }
            SuiteState::Suite(suite) => {
                let service = match models.name_for(args.model.as_deref(), &suite) {
                    Some(model) => models.service(&model).map_err(|error| error.to_string()),
                    None => Err(models::UNSPECIFIED.to_owned()),
                };
                Chosen { name: suite.suite.clone(), path, plan: service.map(|service| (*suite, service)) }
            }
        });
    }
    let (report, cancelled) = play(chosen, args, ground, ui)?;
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(report.as_json()))?,
        Output::Human => show::show(&report, false, args.common.debug, ui)?,
    }
    conclude(&report, cancelled, ui)
}

fn conclude(report: &Report, cancelled: bool, ui: &mut Ui) -> Result<Outcome, Failure> {
    if cancelled {
        ui.remark(signals::CANCELLED)?;
        return Ok(Outcome::Findings);
    }
    Ok(if report.is_ok() { Outcome::Fine } else { Outcome::Findings })
}

/// Tells that the one suite that is asked for can't be run.
fn refuse(problem: String, suite: Option<&str>, ui: &mut Ui) -> Result<Outcome, Failure> {
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(report::refusal(&problem, suite)))?,
        Output::Human => show::refusal(&problem, suite, ui)?,
    }
    Ok(Outcome::Findings)
}

fn is_foreign(loaded: &LoadedSuite) -> bool {
    matches!(loaded.state, SuiteState::Foreign)
}

fn problem(path: &str, findings: Diagnostics) -> String {
    FileReport { path: path.to_owned(), findings }.message().unwrap_or_default()
}

/// Runs the suites that can be run; gives the report, and whether the user has stopped it.
fn play(
    chosen: Vec<Chosen>,
    args: &Args,
    ground: Ground<'_>,
    ui: &mut Ui,
) -> Result<(Report, bool), Failure> {
    let started = Instant::now();
    ui.flush()?;
    let asked = chosen.as_slice();
    let (results, cancelled) = compose::block_on(signals::cancelling(|cancel| async move {
        let results = play_tests(asked, args, ground, &cancel, ui).await?;
        Ok::<_, Failure>((results, cancel.is_cancelled()))
    }))?;
    let suites = chosen.into_iter().zip(results).map(|(Chosen { name, path, plan }, tests)| {
        let result = match plan {
            Ok((suite, service)) => SuiteResult::Run {
                description: suite.description,
                model: service.model().name.clone(),
                tests,
            },
            Err(problem) => SuiteResult::NotRun(problem),
        };
        SuiteReport { suite: name, path, result }
    });
    Ok((Report { suites: suites.collect(), time: started.elapsed() }, cancelled))
}

/// The results of the tests of each suite.
async fn play_tests(
    chosen: &[Chosen],
    args: &Args,
    (project, definitions, principal): Ground<'_>,
    cancel: &CancellationToken,
    ui: &Ui,
) -> Result<Vec<Vec<TestReport>>, Failure> {
    let mut results: Vec<Vec<TestReport>> = chosen.iter().map(|_| Vec::new()).collect();
    let tests: Vec<_> = chosen
        .iter()
        .enumerate()
        .filter_map(|(index, chosen)| Some((index, chosen.plan.as_ref().ok()?)))
        .flat_map(|(index, (suite, service))| {
            suite.tests.iter().map(move |test| (index, suite, service, test))
        })
        .collect();
    if tests.is_empty() {
        return Ok(results);
    }
    let engines = Engines::open(project, &definitions.registry, Opening::of_command(false)).await?;
    let pipeline = engines.pipeline(definitions.registry).with_cache(compose::cache(project, true));
    let progress = Mutex::new(ui.progress(tests.len()));
    let play = |(index, suite, service, test): (usize, &EvalFile, &Arc<Service>, _)| {
        let (pipeline, progress, principal) = (&pipeline, &progress, principal.clone());
        let test: &mxcp_core::schema::EvalTest = test;
        let name = format!("{}: {}", suite.suite, test.name);
        let service = Arc::clone(service);
        async move {
            // What was not begun when the user stopped it has no place in the report.
            if cancel.is_cancelled() {
                return None;
            }
            {
                let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                // A terminal that can't be written to is no reason to stop.
                let _shown = progress.begin(&name);
            }
            let started = Instant::now();
            let setting = Setting { pipeline, service: &service, principal, cancel };
            let conclusion = mxcp_evals::run(test, &setting).await;
            Some((index, TestReport::new(test, conclusion, started.elapsed())))
        }
    };
    let mut running = futures_util::stream::iter(tests).map(play).buffered(usize::from(args.jobs));
    while let Some(ended) = running.next().await {
        if let Some((index, report)) = ended
            && let Some(results) = results.get_mut(index)
        {
            results.push(report);
        }
    }
    drop(running);
    progress.into_inner().unwrap_or_else(PoisonError::into_inner).end()?;
    engines.close().await;
    Ok(results)
}
