//! That a server starts and ends, for the record: an auditor is to see when calls could not be recorded, and what was served.

use std::sync::Arc;

use mxcp_core::audit::Status;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::Pipeline;
use mxcp_runtime::ports::{AuditEvent, EventKind};
use sha2::{Digest as _, Sha256};

use super::{Args, Door};
use crate::project::Project;

/// What is told of a server at its start and at its end.
#[derive(Debug)]
pub(super) struct Lifetime {
    pipeline: Arc<Pipeline>,
    facts: Object,
}

impl Lifetime {
    /// Records that a server starts, where calls are recorded.
    pub(super) fn begin(args: &Args, project: &Project, door: &Door, pipeline: &Arc<Pipeline>) -> Self {
        let text = |text: &str| Value::string(text);
        let facts = [
            ("version", text(env!("CARGO_PKG_VERSION"))),
            ("project", text(&project.site.project)),
            ("profile", text(&project.profile)),
            ("transport", text(door.transport())),
            ("readonly", Value::Bool(args.readonly)),
            ("locked", Value::Bool(args.locked)),
            ("site_digest", text(&project.site_digest.to_string())),
        ];
        let lifetime = Self { pipeline: Arc::clone(pipeline), facts: facts.into_iter().collect() };
        lifetime.record("start");
        lifetime
    }

    /// Records that it ends, with what it served last.
    pub(super) fn end(self) {
        self.record("stop");
    }

    fn record(&self, name: &str) {
        let audit = self.pipeline.audit();
        if !audit.enabled() {
            return;
        }
        let mut details = self.facts.clone();
        let registry = self.pipeline.registry();
        let mut endpoints: Vec<_> = registry
            .endpoints()
            .map(|endpoint| format!("{} {} {}\n", endpoint.kind.as_str(), endpoint.name, endpoint.digest()))
            .collect();
        endpoints.sort();
        let digest: String =
            Sha256::digest(endpoints.concat()).iter().map(|byte| format!("{byte:02x}")).collect();
        details.insert("endpoints", Value::Int(i64::try_from(endpoints.len()).unwrap_or(i64::MAX)));
        details.insert("definitions_digest", Value::String(format!("sha256:{digest}")));
        audit.event(AuditEvent {
            kind: EventKind::Server,
            name: name.to_owned(),
            status: Status::Success,
            user_id: None,
            error: None,
            details,
        });
    }
}
