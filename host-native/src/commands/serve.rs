//! `mxcp serve`: the endpoints of the project over MCP.

mod banner;
mod startup;

use std::collections::BTreeSet;
use std::pin::pin;

use mxcp_core::registry::Registry;
use tokio_util::sync::CancellationToken;

use self::banner::Banner;
use crate::cli::Common;
use crate::commands::docs::{self, Access, Surroundings};
use crate::commands::verbosity;
use crate::compose::{self, HttpSettings};
use crate::config::TransportKind;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::logging::{self, Verbosity};
use crate::project::Project;
use crate::signals;
use crate::ui::Ui;

/// Arguments of `mxcp serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How clients connect [default: `transport.provider` of the user file, or streamable-http]
    #[arg(long, value_enum)]
    transport: Option<TransportKind>,
    /// Port of the HTTP transport [default: `transport.http.port` of the user file, or 8000]
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Whether to serve the built-in SQL tools [default: `sql_tools.enabled` of the site file]
    #[arg(long, value_name = "true|false")]
    sql_tools: Option<bool>,
    /// Whether browsers find the documentation and an inspector at `/docs`, without logging in [default: true if the
    /// server listens on this machine only and has no authentication]
    #[arg(long, value_name = "true|false")]
    docs: Option<bool>,
    /// Let every HTTP request stand alone, without a session
    #[arg(long)]
    stateless: bool,
    /// Start even if some endpoints have errors, without these
    #[arg(long)]
    ignore_errors: bool,
    /// Open the database for reading only [env: MXCP_READONLY]
    #[arg(long)]
    readonly: bool,
    /// Print errors that prevent the start as one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// How the server is reached.
#[derive(Debug)]
enum Door {
    Http(HttpSettings),
    Stdio,
}

/// Serves until a signal or, over standard input, until the input ends.
///
/// # Errors
/// The project, its database or the address can't be used.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    let door = door(args, &project)?;
    logging::start(match (&door, verbosity(&args.common, environment)) {
        // Clients show the standard error of their servers to people.
        (Door::Stdio, Verbosity::Warnings) => Verbosity::Silent,
        (_, verbosity) => verbosity,
    });
    let runtime = compose::server_runtime()?;
    let ended = runtime.block_on(serve(args, &project, &door, ui));
    // A read of standard input can't be taken back: waiting for it would keep the process.
    runtime.shutdown_background();
    ended
}

fn door(args: &Args, project: &Project) -> Result<Door, Failure> {
    let transport = project.user.transport();
    let http = transport.http.unwrap_or_default();
    match args
        .transport
        .or(transport.provider.map(TransportKind::from))
        .unwrap_or(TransportKind::StreamableHttp)
    {
        TransportKind::Stdio => Ok(Door::Stdio),
        TransportKind::Sse => {
            Err(Failure::message("transport `sse` is not available; use `--transport streamable-http`"))
        }
        TransportKind::StreamableHttp => {
            let provider = project.user.identity_provider(&project.site.project, &project.profile);
            let access = Access::of(provider);
            match provider {
                // Serving without the authentication that was asked for would open the project to everybody.
                Some(provider) => Err(Failure::message(format!(
                    "authentication with `{provider}` is not available, and the profile `{}` asks for it",
                    project.profile
                ))),
                None => {
                    let host = http.host.unwrap_or_else(|| "localhost".to_owned());
                    let docs = args.docs.unwrap_or_else(|| docs::is_shown(&host, access));
                    Ok(Door::Http(HttpSettings {
                        port: args.port.or(http.port).unwrap_or(8000),
                        stateless: args.stateless || http.stateless.unwrap_or(false),
                        docs: docs.then(|| docs::options(project, Surroundings::Server)),
                        host,
                    }))
                }
            }
        }
    }
}

async fn serve(args: &Args, project: &Project, door: &Door, ui: &mut Ui) -> Result<Outcome, Failure> {
    if project.site.profile(&project.profile).audit {
        tracing::warn!("audit logging is not available: calls are not recorded");
    }
    let definitions = project.definitions();
    if matches!(door, Door::Http(_)) {
        ui.findings(&definitions.warnings)?;
    }
    let engine = compose::open_engine(project, args.readonly).await?;
    let sql = mxcp_runtime::check::check_sql(&definitions.registry, &*engine).await?;
    let mut broken = definitions.reports(sql);
    broken.retain(crate::report::FileReport::is_broken);
    if !broken.is_empty() && !args.ignore_errors {
        return startup::refuse(&broken, project, ui);
    }
    for report in &broken {
        tracing::warn!(file = report.path, error = report.message(), "endpoint is left out");
    }
    let paths: BTreeSet<_> = broken.iter().map(|report| report.path.as_str()).collect();
    let registry = definitions.registry.retain(|endpoint| !paths.contains(endpoint.file.path()));
    connect(args, project, door, registry, engine, broken.len(), ui).await
}

async fn connect(
    args: &Args,
    project: &Project,
    door: &Door,
    registry: Registry,
    engine: std::sync::Arc<dyn mxcp_runtime::ports::SqlEngine>,
    skipped: usize,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let settings = &project.site.sql_tools;
    let sql_tools = args.sql_tools.or(settings.enabled).unwrap_or(false).then_some(settings);
    let shutdown = CancellationToken::new();
    match door {
        Door::Stdio => {
            let pipeline = compose::pipeline(registry, engine);
            until_ended(compose::serve_stdio(pipeline, sql_tools, shutdown.clone()), &shutdown).await
        }
        Door::Http(http) => {
            let banner = Banner::new(project, http, &registry, sql_tools.is_some(), skipped);
            let pipeline = compose::pipeline(registry, engine);
            // A banner that nobody reads is no reason to stop.
            let ready = |address| drop(banner.show(address, ui));
            until_ended(compose::serve_http(pipeline, sql_tools, http, shutdown.clone(), ready), &shutdown)
                .await
        }
    }
}

/// Serves until it ends by itself or the first signal; a second signal doesn't wait for the calls in flight.
async fn until_ended(
    serving: impl Future<Output = Result<(), Failure>>,
    shutdown: &CancellationToken,
) -> Result<Outcome, Failure> {
    let mut serving = pin!(serving);
    tokio::select! {
        biased;
        heard = signals::end_requested() => heard?,
        ended = &mut serving => return ended.map(|()| Outcome::Fine),
    }
    shutdown.cancel();
    tokio::select! {
        biased;
        ended = &mut serving => ended.map(|()| Outcome::Fine),
        _ = signals::end_requested() => Err(Failure::message("stopped before all calls had finished")),
    }
}
