//! The one way a call takes.

use std::sync::{Arc, PoisonError, RwLock};

use mxcp_core::call::{Call, CallContext};
use mxcp_core::registry::{ExecutionError, Output, Plan, Registry, Reply};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::limits::Limits;
use crate::ports::{AuditSink, SqlEngine, SqlError, SqlRequest};

/// Runs calls against the current generation of a project.
#[derive(Debug)]
pub struct Pipeline {
    registry: RwLock<Arc<Registry>>,
    sql: Arc<dyn SqlEngine>,
    audit: Arc<dyn AuditSink>,
    limits: Limits,
    permits: Semaphore,
}

impl Pipeline {
    /// A pipeline over a registry and the engines its endpoints need.
    #[must_use]
    pub fn new(
        registry: Registry,
        sql: Arc<dyn SqlEngine>,
        audit: Arc<dyn AuditSink>,
        limits: Limits,
    ) -> Self {
        let permits = Semaphore::new(limits.concurrent_calls);
        Self { registry: RwLock::new(Arc::new(registry)), sql, audit, limits, permits }
    }

    /// The current generation. A call keeps the one it began with.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The database, for what is no endpoint (the built-in SQL tools, `mxcp query`).
    #[must_use]
    pub fn sql(&self) -> &Arc<dyn SqlEngine> {
        &self.sql
    }

    /// How long and how many calls may be.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Makes one call: prepare, execute, finish, audit. `cancel` takes it back.
    pub async fn call(&self, call: Call, context: CallContext, cancel: CancellationToken) -> Reply {
        let reply = match self.registry().prepare(call, context) {
            Err(refusal) => refusal.into_reply(),
            Ok(prepared) => {
                if !prepared.dropped_arguments().is_empty() {
                    let dropped = prepared.dropped_arguments().join(", ");
                    tracing::warn!(
                        request_id = prepared.context().request_id,
                        dropped,
                        "undeclared arguments left out"
                    );
                }
                let outcome = self.execute(prepared.plan(), prepared.context(), cancel).await;
                prepared.finish(outcome)
            }
        };
        if self.audit.enabled() {
            self.audit.record(reply.audit());
        }
        reply
    }

    async fn execute(
        &self,
        plan: &Plan,
        context: &CallContext,
        cancel: CancellationToken,
    ) -> Result<Output, ExecutionError> {
        // More calls than the limit are refused rather than queued: a queue without end hides the overload
        // from the client and keeps its memory.
        let Ok(_permit) = self.permits.try_acquire() else { return Err(ExecutionError::Overloaded) };
        match plan {
            Plan::Sql { source, arguments } => {
                let request = SqlRequest {
                    source: Arc::clone(source),
                    arguments: Arc::clone(arguments),
                    principal: context.principal.clone(),
                    headers: context.headers.clone(),
                    timeout: self.limits.call_timeout,
                    cancel,
                };
                self.sql.execute(request).await.map(Output::Rows).map_err(|error| failure(&error, context))
            }
            Plan::Unsupported { what } => {
                Err(ExecutionError::Failed(format!("{what} can't be run by this version of mxcp")))
            }
            _ => {
                tracing::error!(request_id = context.request_id, "no engine for this kind of implementation");
                Err(ExecutionError::Internal)
            }
        }
    }
}

/// What the caller may know of an engine's failure; the rest goes to the log.
fn failure(error: &SqlError, context: &CallContext) -> ExecutionError {
    match error {
        SqlError::Rejected(text) => ExecutionError::Failed(format!("Failed to execute SQL: {text}")),
        SqlError::TimedOut(limit) => ExecutionError::TimedOut { seconds: limit.as_secs() },
        SqlError::Cancelled => ExecutionError::Cancelled,
        SqlError::Unavailable { message } => ExecutionError::Failed(message.clone()),
        SqlError::Internal(source) => {
            tracing::error!(request_id = context.request_id, error = %source, "SQL engine failed");
            ExecutionError::Internal
        }
    }
}
