//! What goes on beside the answers to clients: reloads, the watch over files, the admin socket and health checks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mxcp_admin::{AdminSocket, Administered, AuditQueries, Monitor, NoQueries};
use mxcp_runtime::Pipeline;
use mxcp_telemetry::Collector;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::administration::{Administration, Settings};
use super::health::Health;
use super::lifetime::Lifetime;
use super::observers::Observers;
use super::records::Records;
use super::reload::{Queue, Reloader, Request, Requests, Status, Trigger};
use super::{Args, Door, has_sql_tools};
use crate::compose::{self, Engines};
use crate::failure::Failure;
use crate::project::Project;
use crate::signals::Reloads;
use crate::watch::Watch;

/// How long a reload that has begun may go on when the server ends.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server is made of before it serves.
#[derive(Debug)]
pub(super) struct Parts {
    /// What looks at the files; none if nobody is to.
    pub(super) watch: Option<Watch>,
    pub(super) engines: Arc<Engines>,
    pub(super) observers: Observers,
    pub(super) status: Arc<Status>,
    pub(super) queue: Queue,
    pub(super) requests: Requests,
    pub(super) signals: Reloads,
}

/// What goes on beside, from the start to the end.
#[derive(Debug)]
pub(super) struct Operations {
    pipeline: Arc<Pipeline>,
    health: Arc<Health>,
    stop: CancellationToken,
    reloading: JoinHandle<()>,
    watching: Option<JoinHandle<()>>,
    socket: Option<AdminSocket>,
    monitor: Option<Monitor>,
    lifetime: Lifetime,
}

impl Operations {
    /// Begins all that is asked for.
    ///
    /// # Errors
    /// The admin socket can't be made, or the port for health checks can't be listened on.
    pub(super) async fn begin(
        args: &Args,
        project: &Project,
        door: &Door,
        reloader: Reloader,
        parts: Parts,
    ) -> Result<Self, Failure> {
        let Parts { watch, observers, status, queue, requests, signals, .. } = parts;
        let (pipeline, served) = (Arc::clone(&reloader.pipeline), reloader.project.subscribe());
        let (health, stop) = (Arc::new(Health::new(Arc::clone(&status))), CancellationToken::new());
        let monitor = match monitored(args, project) {
            Some((host, port)) => Some(monitor(&host, port, &health, &pipeline, observers.collector).await?),
            None => None,
        };
        let socket = match project.admin_socket() {
            Some(path) => {
                let server: Arc<dyn Administered> = Arc::new(Administration {
                    project: served.clone(),
                    pipeline: Arc::clone(&pipeline),
                    health: Arc::clone(&health),
                    status,
                    queue: queue.clone(),
                    socket: path.clone(),
                    settings: Settings {
                        readonly: args.readonly,
                        debug: args.common.debug || project.debug(),
                        sql_tools: has_sql_tools(args, project),
                        transport: door.transport(),
                    },
                    records: records(project)?,
                });
                Some(AdminSocket::open(&path, server).await?)
            }
            None => None,
        };
        let watching = watch.map(|watch| tokio::spawn(hand_on(watch, served, queue, stop.clone())));
        let reloading = tokio::spawn(reloader.run(signals, requests, stop.clone()));
        let lifetime = Lifetime::begin(args, project, door, &pipeline);
        Ok(Self { pipeline, health, stop, reloading, watching, socket, monitor, lifetime })
    }

    /// The way of every call.
    pub(super) fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    /// How the server is.
    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    /// Where health checks are answered.
    pub(super) fn monitor(&self) -> Option<SocketAddr> {
        self.monitor.as_ref().map(Monitor::address)
    }

    /// Ends everything in order. A reload that has begun is done first: what it has stopped could not be stopped again.
    pub(super) async fn end(self) {
        self.health.ends();
        self.stop.cancel();
        if let Some(watching) = &self.watching {
            watching.abort();
        }
        match timeout(PATIENCE, self.reloading).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "reloads ended abnormally"),
            Err(_elapsed) => tracing::warn!("a reload was still going on at shutdown"),
        }
        if let Some(socket) = self.socket {
            socket.close().await;
        }
        if let Some(monitor) = self.monitor {
            monitor.close().await;
        }
        self.lifetime.end();
    }
}

/// Host and port of health checks, if they are asked for.
pub(super) fn monitored(args: &Args, project: &Project) -> Option<(String, u16)> {
    let http = project.user.transport.http.clone().unwrap_or_default();
    let host = args.metrics_host.clone().or(http.metrics_host).unwrap_or(http.host);
    args.metrics_port.or(http.metrics_port).map(|port| (host, port))
}

/// What reads the record of calls.
///
/// # Errors
/// The address of its database is none.
fn records(project: &Project) -> Result<Arc<dyn AuditQueries>, Failure> {
    Ok(match compose::audit_reader(project)? {
        Some(reader) => Arc::new(Records(reader)),
        None => Arc::new(NoQueries),
    })
}

async fn monitor(
    host: &str,
    port: u16,
    health: &Arc<Health>,
    pipeline: &Arc<Pipeline>,
    collector: Option<Collector>,
) -> Result<Monitor, Failure> {
    let (asked, measured) = (Arc::clone(health), Arc::clone(health));
    let pipeline = Arc::clone(pipeline);
    let ready = Arc::new(move || asked.readiness());
    let metrics = Arc::new(move || {
        let counted = collector.as_ref().map(Collector::prometheus_text).unwrap_or_default();
        measured.metrics(&pipeline) + &counted
    });
    Ok(Monitor::open(host, port, ready, metrics).await?)
}

/// Has what changes on disk reloaded, until `stop`. What is looked at is up to the project that is served.
async fn hand_on(
    mut watch: Watch,
    mut served: watch::Receiver<Arc<Project>>,
    queue: Queue,
    stop: CancellationToken,
) {
    loop {
        let changed = tokio::select! {
            () = stop.cancelled() => return,
            changed = watch.changed() => changed,
            another = served.changed() => match another {
                Ok(()) => {
                    let sight = served.borrow_and_update().sight();
                    watch.look_at(sight);
                    continue;
                }
                Err(_gone) => return,
            },
        };
        let request = Request { id: None, trigger: Trigger::Files(changed) };
        if queue.ask(request).is_err() {
            return;
        }
    }
}
