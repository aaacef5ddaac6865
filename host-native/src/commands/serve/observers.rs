//! Who is told of what a server does.

use std::sync::Arc;

use mxcp_audit::AuditLog;
use mxcp_runtime::Pipeline;
use mxcp_runtime::ports::AuditSink;
use mxcp_telemetry::Collector;

use super::operations::monitored;
use super::{Args, Door};
use crate::failure::Failure;
use crate::project::Project;
use crate::{auth, compose, telemetry};

/// The audit log, and what collects telemetry; neither if nobody asks for it.
#[derive(Clone, Debug)]
pub(super) struct Observers {
    pub(super) audit: Option<Arc<AuditLog>>,
    pub(super) collector: Option<Collector>,
}

impl Observers {
    /// Opens what the project asks for. Has to be called on the runtime that serves.
    ///
    /// # Errors
    /// It can't be as it is asked for. Calls that nobody records must not be made where they are to be recorded.
    pub(super) fn open(args: &Args, project: &Project, door: &Door) -> Result<Self, Failure> {
        let asked = monitored(args, project).is_some();
        let collector = telemetry::start(project, door.transport(), args.readonly, asked)?;
        let audit = compose::audit_log(project)?;
        Ok(Self { audit, collector })
    }

    /// Lets nobody in unseen: makes the authentication of a server over HTTP.
    ///
    /// # Errors
    /// It can't be as it is configured.
    pub(super) async fn watch(&self, project: &Project, door: &mut Door) -> Result<(), Failure> {
        let Door::Http(http) = door else { return Ok(()) };
        let audit = self.audit.clone().map(|audit| audit as Arc<dyn AuditSink>);
        http.access = auth::of(project, http, audit).await?;
        let authenticator = http.access.authenticator.take();
        http.access.authenticator = telemetry::counting(authenticator, self.collector.as_ref(), project);
        Ok(())
    }

    /// The same pipeline, which tells them of calls.
    pub(super) fn of(&self, mut pipeline: Pipeline) -> Pipeline {
        if let Some(audit) = &self.audit {
            pipeline = pipeline.with_audit(Arc::<AuditLog>::clone(audit));
        }
        if let Some(collector) = &self.collector {
            pipeline = pipeline.with_telemetry(Arc::new(collector.clone()));
        }
        pipeline
    }

    /// Waits until what they were told has reached its place, as long as that may take.
    pub(super) async fn close(self) {
        if let Some(audit) = self.audit {
            compose::close_audit_log(audit).await;
        }
        if let Some(collector) = self.collector {
            collector.shut_down().await;
        }
    }
}
