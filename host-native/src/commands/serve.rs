//! `mxcp serve`: the endpoints of the project over MCP.

mod administration;
mod banner;
mod endpoints;
mod health;
mod lifetime;
#[cfg(target_os = "linux")]
mod mapped;
mod observers;
mod operations;
mod records;
mod reload;
mod startup;

use std::pin::pin;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use mxcp_auth::store::Shared;
use mxcp_core::diagnostic::Diagnostic;
use mxcp_core::schema::{AuthProvider, Http};
use mxcp_core::secret::Secret;
use mxcp_server::Tls;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::banner::Banner;
use self::endpoints::{Endpoints, Look};
use self::health::Health;
use self::observers::Observers;
use self::operations::{Operations, Parts};
use self::reload::{Reloader, Status};
use crate::auth;
use crate::cli::Common;
use crate::commands::docs::{self, Access, Surroundings};
use crate::commands::{format, verbosity};
use crate::compose::{self, Engines, HttpProtocol, HttpSettings, Opening};
use crate::config::TransportKind;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::logging::{self, Verbosity};
use crate::project::{Effort, Project};
use crate::signals::{self, Reloads};
use crate::ui::Ui;
use crate::watch::Watch;

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
    /// Whether browsers find the documentation and an inspector at `/docs`, without logging in; endpoints with
    /// `hide: true` are left out [default: true if the server listens on this machine only and has no authentication]
    #[arg(long, value_name = "true|false")]
    docs: Option<bool>,
    /// Let every HTTP request stand alone, without a session
    #[arg(long)]
    stateless: bool,
    /// Reload when a file of the project or its configuration changes [default: as with `--docs`, and over standard input
    /// and output; not with `--stateless` or `--locked`]
    #[arg(long, overrides_with = "no_watch")]
    watch: bool,
    /// Reload on SIGHUP and over the admin socket only
    #[arg(long, overrides_with = "watch")]
    no_watch: bool,
    /// Answer `/healthz`, `/readyz` and `/metrics` on this port; 0 takes any free one [default:
    /// `transport.http.metrics_port` of the user file, or none]
    #[arg(long, value_name = "PORT")]
    metrics_port: Option<u16>,
    /// Address or name of this machine for that port [default: `transport.http.metrics_host` of the user file, or the host
    /// of the transport]
    #[arg(long, value_name = "HOST")]
    metrics_host: Option<String>,
    /// Start even if some endpoints have errors, without these
    #[arg(long)]
    ignore_errors: bool,
    /// Don't start if there are warnings either
    #[arg(long, conflicts_with = "ignore_errors")]
    strict: bool,
    /// Don't start, nor reload, unless all that is served is as mxcp.lock says
    #[arg(long)]
    locked: bool,

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
    Http(Box<HttpSettings>),
    Stdio,
}

/// Serves until a signal or, over standard input, until the input ends.
///
/// # Errors
/// The project, its database or the address can't be used.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Arc::new(Project::find(&args.common, environment)?);
    // Defaults would have an empty database, and neither authentication nor a log: that is not what a misspelt name means.
    if !project.has_profile() {
        return Err(unknown_profile(&project));
    }
    let mut door = door(args, &project)?;
    let verbosity = match (&door, verbosity(&args.common, environment)) {
        // Clients show the standard error of their servers to people.
        (Door::Stdio, Verbosity::Warnings) => Verbosity::Silent,
        (_, verbosity) => verbosity,
    };
    logging::start(verbosity, format(&args.common, environment));
    match &mut door {
        Door::Http(http) => {
            http.tls = tls(&project, &http.http)?;
            ui.findings(&project.warnings)?;
        }
        Door::Stdio => {
            for warning in &project.warnings {
                tracing::warn!(file = warning.file(), "{}", warning.summary());
            }
        }
    }
    let runtime = compose::server_runtime()?;
    let ended = runtime.block_on(async {
        let observers = Observers::open(args, &project, &door)?;
        let ended = match observers.watch(&project, &mut door).await {
            Ok(()) => serve(args, &project, &door, observers.clone(), ui).await,
            Err(failure) => Err(failure),
        };
        observers.close().await;
        ended
    });
    // A read of standard input can't be taken back: waiting for it would keep the process.
    runtime.shutdown_background();
    ended
}

impl Door {
    /// What code that nobody called knows it as.
    fn transport(&self) -> &'static str {
        match self {
            Door::Stdio => "stdio",
            Door::Http(http) if http.protocol == HttpProtocol::Sse => "sse",
            Door::Http(_) => "streamable-http",
        }
    }

    /// What this server shares with others; nothing over standard input and output, where there is one client.
    fn shared(&self) -> Option<&Shared> {
        match self {
            Door::Stdio => None,
            Door::Http(http) => http.access.shared.as_ref(),
        }
    }

    /// Whether files are watched unless it is said: where somebody works on them, who reaches the server from this machine
    /// alone. Whoever serves many, or what is locked, says when something is to change.
    fn watches(&self, project: &Project, locked: bool) -> bool {
        let local = match self {
            Door::Stdio => true,
            Door::Http(http) => !http.http.stateless && docs::is_shown(&http.http.host, access(project)),
        };
        local && !locked
    }

    /// The certificate that is loaded again at a reload.
    fn tls(&self) -> Option<Tls> {
        match self {
            Door::Stdio => None,
            Door::Http(http) => http.tls.clone(),
        }
    }
}

fn door(args: &Args, project: &Project) -> Result<Door, Failure> {
    let transport = &project.user.transport;
    let http = transport.http.clone().unwrap_or_default();
    let protocol = match args.transport.unwrap_or(transport.provider.into()) {
        TransportKind::Stdio => return Ok(Door::Stdio),
        TransportKind::Sse => HttpProtocol::Sse,
        TransportKind::StreamableHttp => HttpProtocol::Streamable,
    };
    // The older transport has no endpoint that the inspector could call.
    let docs = protocol == HttpProtocol::Streamable
        && args.docs.unwrap_or_else(|| docs::is_shown(&http.host, access(project)));
    Ok(Door::Http(Box::new(HttpSettings {
        protocol,
        docs: docs.then(|| docs::options(project, Surroundings::Server)),
        // Both are made when there is a log for what they have to say.
        access: auth::Access::default(),
        tls: None,
        http: Http {
            port: args.port.unwrap_or(http.port),
            // The stream of events is a session.
            stateless: protocol == HttpProtocol::Streamable && (args.stateless || http.stateless),
            ..http
        },
    })))
}

fn unknown_profile(project: &Project) -> Failure {
    Failure::advised(
        format!("Profile '{}' not found in project '{}'", project.profile, project.site.project),
        "neither mxcp-site.yml nor the user file has such a profile: correct `--profile` or `MXCP_PROFILE`, or declare it \
         under `profiles`",
    )
}

/// Whether callers have to say who they are.
fn access(project: &Project) -> Access {
    let provider = project.user.profile.auth.as_ref().map(|auth| auth.provider);
    Access::of(provider.filter(|provider| *provider != AuthProvider::None))
}

/// The certificate by which connections are encrypted, if there is one.
fn tls(project: &Project, http: &Http) -> Result<Option<Tls>, Failure> {
    let Some(files) = &http.tls else { return Ok(None) };
    Ok(Some(Tls::load(project.path(&files.cert), project.path(&files.key)).context("TLS can't be used")?))
}

async fn serve(
    args: &Args,
    project: &Arc<Project>,
    door: &Door,
    observers: Observers,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let signals = Reloads::listen()?;
    let watches = args.watch || !args.no_watch && door.watches(project, args.locked);
    // Before anything is read: what changes from then on is a change.
    let watch = watches.then(|| Watch::begin(project.sight()));
    let definitions = endpoints::definitions(project, args.locked, Effort::Full).await?;
    let status = Arc::<Status>::default();
    let (queue, requests) = reload::queue(Arc::clone(&status));
    let reload = Arc::new(queue.clone());
    let opening = Opening { readonly: args.readonly, transport: door.transport(), reload: Some(reload) };
    let engines = Arc::new(Engines::open(project, &definitions.registry, opening).await?);
    let look = Look { strict: args.strict, beside_calls: false, known: None };
    let ended = match Endpoints::check(definitions, &engines, look).await {
        Ok(endpoints) => {
            let engines = Arc::clone(&engines);
            let parts = Parts { watch, engines, observers, status, queue, requests, signals };
            serve_endpoints(args, project, door, endpoints, parts, ui).await
        }
        Err(failure) => Err(failure),
    };
    engines.close().await;
    ended
}

async fn serve_endpoints(
    args: &Args,
    project: &Arc<Project>,
    door: &Door,
    endpoints: Endpoints,
    parts: Parts,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let Endpoints { registry, broken, warnings } = endpoints;
    if args.strict && broken.is_empty() && !warnings.is_empty() {
        let lines: Vec<_> = warnings.iter().map(Diagnostic::summary).collect();
        return Err(Failure::message(lines.join("\n")));
    }
    match door {
        Door::Http(_) => ui.findings(&warnings)?,
        Door::Stdio => {
            for warning in &warnings {
                tracing::warn!(file = warning.file(), "{}", warning.summary());
            }
        }
    }
    if !broken.is_empty() && !args.ignore_errors {
        return startup::refuse(&broken, project, ui);
    }
    for report in &broken {
        tracing::warn!(file = report.path, error = report.message(), "endpoint is left out");
    }
    let pipeline = parts.engines.pipeline(registry).with_limiter(compose::limiter(door.shared()));
    let pipeline = pipeline.with_cache(compose::cache(project, has_login(project)));
    let pipeline = compose::keeping_results(parts.observers.of(pipeline), project, door.shared())?;
    pipeline.limit_requests(project.site.limits.clone());
    let reloader = Reloader {
        project: watch::Sender::new(Arc::clone(project)),
        engines: Arc::clone(&parts.engines),
        pipeline: Arc::new(pipeline),
        status: Arc::clone(&parts.status),
        tls: door.tls(),
        ignore_errors: args.ignore_errors,
        strict: args.strict,
        locked: args.locked,
        speaks: matches!(door, Door::Http(_)),
        owed: Mutex::default(),
    };
    let operations = Operations::begin(args, project, door, reloader, parts).await?;
    let ended = connect(args, project, door, &operations, broken.len(), ui).await;
    operations.end().await;
    ended
}

async fn connect(
    args: &Args,
    project: &Project,
    door: &Door,
    operations: &Operations,
    skipped: usize,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let (pipeline, health) = (operations.pipeline(), operations.health());
    let sql_tools = has_sql_tools(args, project).then_some(&project.site.sql_tools);
    if sql_tools.is_some() {
        for secret in project.user.secrets().iter().filter(|secret| shows_headers(secret)) {
            tracing::warn!(
                secret = secret.name,
                "clients can read the headers of this secret with the SQL tools"
            );
        }
    }
    let shutdown = CancellationToken::new();
    let server = compose::server(Arc::clone(pipeline), sql_tools, project.state_key(), door.shared())?;
    #[cfg(target_os = "linux")]
    tokio::spawn(mapped::let_go_after_start());
    match door {
        Door::Stdio => {
            let server = if has_login(project) { server.refusing_calls() } else { server };
            health.listens();
            until_ended(compose::serve_stdio(server, shutdown.clone()), &shutdown, health).await
        }
        Door::Http(http) => {
            let banner = Banner::new(project, http, &pipeline.registry(), sql_tools.is_some(), skipped);
            let ready = |address| {
                health.listens();
                // A banner that nobody reads is no reason to stop.
                drop(banner.show(address, operations.monitor(), ui));
            };
            until_ended(compose::serve_http(server, http, shutdown.clone(), ready), &shutdown, health).await
        }
    }
}

/// Whether the built-in SQL tools are served.
fn has_sql_tools(args: &Args, project: &Project) -> bool {
    args.sql_tools.or(project.site.sql_tools.enabled).unwrap_or(false)
}

/// Whether callers have to log in, which nobody can over standard input and output.
fn has_login(project: &Project) -> bool {
    access(project) == Access::Authenticated
}

/// Whether a secret has headers. `duckdb_secrets()` shows them to everybody who can run SQL, unlike tokens and passwords.
fn shows_headers(secret: &Secret) -> bool {
    secret.kind.eq_ignore_ascii_case("http")
        && secret.parameters.keys().any(|key| key.eq_ignore_ascii_case("extra_http_headers"))
}

/// Serves until it ends by itself or the first signal; a second signal doesn't wait for the calls in flight.
async fn until_ended(
    serving: impl Future<Output = Result<(), Failure>>,
    shutdown: &CancellationToken,
    health: &Health,
) -> Result<Outcome, Failure> {
    let mut serving = pin!(serving);
    tokio::select! {
        biased;
        heard = signals::end_requested() => heard?,
        ended = &mut serving => return ended.map(|()| Outcome::Fine),
    }
    health.ends();
    shutdown.cancel();
    tokio::select! {
        biased;
        ended = &mut serving => ended.map(|()| Outcome::Fine),
        _ = signals::end_requested() => Err(Failure::message("stopped before all calls had finished")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_http_secrets_can_be_read() {
        let shows = |kind: &str, key: &str| {
            let parameters = [(key.to_owned(), serde_json::json!({ "Authorization": "x" }))];
            let (name, parameters) = ("s".to_owned(), parameters.into_iter().collect());
            shows_headers(&Secret { name, kind: kind.to_owned(), parameters })
        };
        assert!(shows("HTTP", "EXTRA_HTTP_HEADERS") && shows("http", "extra_http_headers"));
        assert!(!shows("http", "BEARER_TOKEN") && !shows("custom", "extra_http_headers"));
    }
}
