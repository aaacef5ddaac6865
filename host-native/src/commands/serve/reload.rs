//! Looking at the project again while it is served.

use std::sync::Arc;

use mxcp_runtime::Pipeline;
use mxcp_runtime::ports::SqlEngine;

use super::endpoints::Endpoints;
use crate::failure::Failure;
use crate::project::Project;
use crate::signals::Reloads;

/// Reloads the definitions of a running server.
#[derive(Debug)]
pub(super) struct Reloader {
    pub(super) project: Arc<Project>,
    pub(super) engine: Arc<dyn SqlEngine>,
    pub(super) pipeline: Arc<Pipeline>,
    /// Whether endpoints with errors are left out, instead of keeping everything as it is.
    pub(super) ignore_errors: bool,
    /// Whether warnings count as errors.
    pub(super) strict: bool,
}

impl Reloader {
    /// Reloads at each signal, one reload after the other, for ever.
    pub(super) async fn run(&self, mut signals: Reloads) {
        loop {
            signals.next().await;
            self.reload().await;
        }
    }

    /// Goes over to the definitions as they are now, unless something is wrong with them. Calls are answered throughout.
    async fn reload(&self) {
        let endpoints = match Endpoints::load(&self.project, &*self.engine, self.strict).await {
            Ok(endpoints) => endpoints,
            Err(failure) => {
                let error = match failure {
                    Failure::Other(error) => format!("{error:#}"),
                    Failure::Usage(message) | Failure::Project { message, .. } => message,
                };
                return tracing::error!(error = ?error, "definitions are not reloaded: they can't be checked");
            }
        };
        let broken = endpoints.broken.len();
        for report in &endpoints.broken {
            let error = report.message().or_else(|| report.warnings()).unwrap_or_default();
            tracing::error!(file = report.path, error = ?error, "endpoint can't be reloaded");
        }
        if broken > 0 && !self.ignore_errors {
            return tracing::error!(broken, "definitions are not reloaded: those from before stay");
        }
        let count = endpoints.registry.endpoints().count();
        let changed = self.pipeline.replace(endpoints.registry);
        tracing::info!(endpoints = count, left_out = broken, changed, "definitions are reloaded");
    }
}
