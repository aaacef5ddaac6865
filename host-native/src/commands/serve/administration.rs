//! What the server tells its operator over the admin socket.

use std::path::PathBuf;
use std::process;
use std::sync::Arc;

use chrono::SecondsFormat;
use mxcp_admin::{
    AdminSocketInfo, Administered, AuditQueries, BoxFuture, ConfigResponse, EndpointCounts, EndpointEntry,
    EndpointStatus, Features, LastStatus, ReloadInfo, StatusResponse,
};
use mxcp_core::audit;
use mxcp_core::definition::{Endpoint, Implementation, Kind};
use mxcp_core::load::{FileState, LoadedFile};
use mxcp_core::value::{Object, Value};
use mxcp_runtime::Pipeline;
use mxcp_runtime::ports::{AuditEvent, EventKind};
use tokio::sync::watch;

use super::health::Health;
use super::reload::{GoingDown, Queue, Request, State, Status, Trigger, said};
use crate::aside::aside;
use crate::project::{Definitions, Effort, Project};

/// A server and its operator's view of it.
#[derive(Debug)]
pub(super) struct Administration {
    pub(super) project: watch::Receiver<Arc<Project>>,
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) health: Arc<Health>,
    pub(super) status: Arc<Status>,
    pub(super) queue: Queue,
    /// Where it is asked.
    pub(super) socket: PathBuf,
    pub(super) settings: Settings,
    /// What reads the record of calls.
    pub(super) records: Arc<dyn AuditQueries>,
}

/// What the command line has settled for as long as the server runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) readonly: bool,
    pub(super) debug: bool,
    pub(super) sql_tools: bool,
    pub(super) transport: &'static str,
}

impl Administration {
    fn project(&self) -> Arc<Project> {
        Arc::clone(&self.project.borrow())
    }
}

impl Administered for Administration {
    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn debug(&self) -> bool {
        self.settings.debug
    }

    fn healthy(&self) -> bool {
        let state = self.status.now();
        !state.down || state.in_progress
    }

    fn status(&self) -> Result<StatusResponse, String> {
        let seconds = self.health.uptime().as_secs();
        Ok(StatusResponse {
            status: "ok",
            version: self.version().to_owned(),
            uptime: uptime(seconds),
            uptime_seconds: seconds,
            pid: process::id(),
            profile: self.project().profile.clone(),
            mode: if self.settings.readonly { "readonly" } else { "readwrite" },
            debug: self.settings.debug,
            reload: reload_info(self.status.now(), &self.pipeline),
            admin_socket: AdminSocketInfo { path: self.socket.display().to_string() },
        })
    }

    fn config(&self) -> Result<ConfigResponse, String> {
        let project = self.project();
        let registry = self.pipeline.registry();
        let count = |kind| registry.endpoints().filter(|endpoint| endpoint.kind == kind).count();
        Ok(ConfigResponse {
            status: "ok",
            project: project.site.project.clone(),
            profile: project.profile.clone(),
            repository_path: project.root.display().to_string(),
            duckdb_path: self.healthy().then(|| database(&project)),
            readonly: self.settings.readonly,
            debug: self.settings.debug,
            endpoints: EndpointCounts {
                tools: count(Kind::Tool),
                prompts: count(Kind::Prompt),
                resources: count(Kind::Resource),
            },
            features: Features {
                sql_tools: self.settings.sql_tools,
                audit_logging: self.pipeline.audit().enabled(),
                telemetry: self.pipeline.telemetry().is_some(),
            },
            transport: self.settings.transport,
        })
    }

    fn endpoints(&self) -> BoxFuture<'_, Result<Vec<EndpointEntry>, String>> {
        let project = self.project();
        Box::pin(async move {
            let listed = aside(move || listed(&project, &project.definitions_with(Effort::Aside)));
            listed.await.map_err(said)
        })
    }

    fn reload(&self, id: &str) -> Result<(), String> {
        let request = Request { id: Some(id.to_owned()), trigger: Trigger::Admin };
        let asked = self.queue.ask(request);
        let audit = self.pipeline.audit();
        if audit.enabled() {
            let mut details = Object::new();
            details.insert("request_id", Value::String(id.to_owned()));
            audit.event(AuditEvent {
                kind: EventKind::Admin,
                name: "reload".to_owned(),
                status: if asked.is_ok() { audit::Status::Success } else { audit::Status::Error },
                user_id: None,
                error: None,
                details,
            });
        }
        asked.map_err(|GoingDown| "the server is shutting down".to_owned())
    }

    fn audit(&self) -> &dyn AuditQueries {
        &*self.records
    }
}

fn reload_info(state: State, pipeline: &Pipeline) -> ReloadInfo {
    let mut info = ReloadInfo {
        in_progress: state.in_progress,
        draining: state.draining,
        active_requests: pipeline.gate().inside(),
        queued: state.queued,
        generation: pipeline.generations().borrow().number(),
        ..ReloadInfo::default()
    };
    if let Some(last) = state.last {
        info.last_reload = Some(last.at.to_rfc3339_opts(SecondsFormat::Micros, true));
        info.last_reload_status =
            Some(if last.error.is_none() { LastStatus::Success } else { LastStatus::Error });
        info.last_reload_error = last.error;
        info.last_reload_trigger = Some(last.trigger.to_owned());
        info.last_reload_request_id = last.id;
        info.last_reload_duration_ms = u64::try_from(last.took.as_millis()).ok();
    }
    info
}

/// A time as `2h12m35s`.
fn uptime(seconds: u64) -> String {
    format!("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The database as configured; where it is, if nothing is configured.
fn database(project: &Project) -> String {
    let profiles = project.site.written.get("profiles");
    let written =
        profiles.and_then(|profiles| profiles.get(&project.profile)?.get("duckdb")?.get("path")?.as_str());
    let own = || project.path(&project.site.profile(&project.profile).database).display().to_string();
    written.map_or_else(own, str::to_owned)
}

/// The definitions; those that are switched off are none.
fn listed(project: &Project, definitions: &Definitions) -> Vec<EndpointEntry> {
    let entry = |file: &LoadedFile| {
        let path = project.absolute(&file.path);
        match &file.state {
            FileState::Endpoint { kind, name } => {
                let endpoint = definitions.registry.get(*kind, name);
                Some(served(path, *kind, name, endpoint.map(|endpoint| &**endpoint)))
            }
            FileState::Broken => Some(EndpointEntry {
                path,
                kind: None,
                name: None,
                description: None,
                language: None,
                enabled: false,
                status: EndpointStatus::Error,
                error: file.first_error().and_then(|error| error.lines().next().map(str::to_owned)),
            }),
            FileState::Disabled | FileState::Foreign => None,
        }
    };
    definitions.files.iter().filter_map(entry).collect()
}

fn served(path: String, kind: Kind, name: &str, endpoint: Option<&Endpoint>) -> EndpointEntry {
    let title = endpoint.and_then(|endpoint| endpoint.title.as_deref()).filter(|_| kind == Kind::Resource);
    EndpointEntry {
        path,
        kind: Some(kind.as_str()),
        name: Some(title.unwrap_or(name).to_owned()),
        description: endpoint.and_then(|endpoint| endpoint.description.clone()),
        language: endpoint.and_then(|endpoint| match endpoint.implementation {
            Implementation::Sql(_) => Some("sql"),
            Implementation::Python(_) => Some("python"),
            Implementation::Component(_) => Some("component"),
            _ => None,
        }),
        enabled: true,
        status: EndpointStatus::Ok,
        error: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_all_three_parts() {
        assert_eq!(uptime(3), "0h0m3s");
        assert_eq!(uptime(7955), "2h12m35s");
        assert_eq!(uptime(360_000), "100h0m0s");
    }
}
