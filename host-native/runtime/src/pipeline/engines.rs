//! What each engine is given of a call, and what a caller may know of its failure.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mxcp_core::call::CallContext;
use mxcp_core::definition::{ComponentSource, PythonSource, SqlText};
use mxcp_core::policy::RowTest;
use mxcp_core::registry::{ExecutionError, Output, Plan, Prepared, PromptPlan, Rows};
use mxcp_core::value::Object;
use mxcp_core::wit;
use tokio::sync::oneshot;

use super::Pipeline;
use crate::knowledge::Known;
use crate::link::Link;
use crate::observer;
use crate::ports::{ComponentError, ComponentRequest, PythonError, PythonRequest, SqlError, SqlRequest};
use crate::scope::CallScope;

/// Bytes of stack for rendering a prompt; only what is touched becomes memory.
const RENDER_STACK: usize = 256 * 1024 * 1024;

impl Pipeline {
    /// Has an engine execute a call.
    pub(super) async fn work(&self, prepared: &Prepared, link: Link) -> Result<Output, ExecutionError> {
        let telemetry = link.telemetry.clone();
        observer::executes(telemetry.as_ref(), prepared.plan());
        let outcome = self.run_plan(prepared, link).await;
        observer::executed(telemetry.as_ref(), &outcome);
        outcome
    }

    async fn run_plan(&self, prepared: &Prepared, link: Link) -> Result<Output, ExecutionError> {
        let context = prepared.context();
        let time = prepared.endpoint().time.or(self.limits.call_timeout);
        match prepared.plan() {
            Plan::Sql { source, arguments } => {
                let tests = if link.inspection.is_some() { Vec::new() } else { prepared.row_tests() };
                self.run_sql(source, (arguments, tests), (context, time), link).await.map(Output::Rows)
            }
            Plan::Prompt(prompt) => self.render(prompt.clone(), context, link).await,
            Plan::Python { source, arguments, typed } => {
                self.run_python(source, (arguments, *typed), (context, time), link).await
            }
            Plan::Component { source, arguments } => {
                self.run_component(source, arguments, (context, time), link).await.map(Output::Component)
            }
            _ => {
                tracing::error!(request_id = context.request_id, "no engine for this kind of implementation");
                Err(ExecutionError::Internal)
            }
        }
    }

    /// Renders a prompt where it keeps nobody waiting.
    async fn render(
        &self,
        prompt: PromptPlan,
        context: &CallContext,
        link: Link,
    ) -> Result<Output, ExecutionError> {
        // A rendering that nobody waits for any more still counts until it has ended.
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return Err(ExecutionError::Overloaded);
        };
        let (tell, rendered) = oneshot::channel();
        // A loop may build values nested as deep as its fuel lasts, and dropping those recurses.
        let thread = thread::Builder::new().name("prompt".to_owned()).stack_size(RENDER_STACK);
        let begun = thread.spawn(move || {
            let _left = tell.send(prompt.render());
            drop(permit);
        });
        if let Err(error) = begun {
            tracing::error!(request_id = context.request_id, %error, "a prompt can't be rendered");
            return Err(ExecutionError::Internal);
        }
        let limit = self.limits.call_timeout.unwrap_or(Duration::MAX);
        tokio::select! {
            biased;
            messages = rendered => messages.unwrap_or_else(|_ended| {
                tracing::error!(request_id = context.request_id, "rendering a prompt ended early");
                Err(ExecutionError::Internal)
            }).map(Output::Value),
            () = link.cancel.cancelled() => Err(ExecutionError::Cancelled),
            () = tokio::time::sleep(limit) => Err(timed_out(limit)),
        }
    }

    async fn run_python(
        &self,
        source: &Arc<PythonSource>,
        (arguments, typed): (&Arc<Object>, bool),
        (context, timeout): (&CallContext, Option<Duration>),
        link: Link,
    ) -> Result<Output, ExecutionError> {
        let Some(python) = &self.python else {
            tracing::error!(request_id = context.request_id, "no engine for Python");
            return Err(ExecutionError::Internal);
        };
        let Ok(_permit) = self.permits.try_acquire() else { return Err(ExecutionError::Overloaded) };
        // It is given all there is to know, whether it looks at it or not.
        link.knowledge.learn(Known::Request);
        let request = PythonRequest {
            source: Arc::clone(source),
            arguments: Arc::clone(arguments),
            typed,
            scope: Arc::new(CallScope::new(context, link)),
            timeout,
        };
        python.call(request).await.map_err(|error| python_failure(&error, context))
    }

    async fn run_component(
        &self,
        source: &Arc<ComponentSource>,
        arguments: &Arc<[wit::Value]>,
        (context, timeout): (&CallContext, Option<Duration>),
        link: Link,
    ) -> Result<Option<wit::Value>, ExecutionError> {
        let Some(components) = &self.components else {
            tracing::error!(request_id = context.request_id, "no engine for components");
            return Err(ExecutionError::Internal);
        };
        let Ok(_permit) = self.permits.try_acquire() else { return Err(ExecutionError::Overloaded) };
        let request = ComponentRequest {
            source: Arc::clone(source),
            arguments: Arc::clone(arguments),
            scope: Arc::new(CallScope::new(context, link)),
            timeout,
        };
        components.call(request).await.map_err(|error| component_failure(&error, context))
    }

    pub(super) async fn run_sql(
        &self,
        source: &Arc<SqlText>,
        (bindings, row_tests): (&Arc<Object>, Vec<RowTest>),
        (context, timeout): (&CallContext, Option<Duration>),
        link: Link,
    ) -> Result<Rows, ExecutionError> {
        // More calls than the limit are refused rather than queued: a queue without end hides the overload
        // from the client and keeps its memory.
        let Ok(_permit) = self.permits.try_acquire() else { return Err(ExecutionError::Overloaded) };
        let request = SqlRequest {
            source: Arc::clone(source),
            arguments: Arc::clone(bindings),
            row_tests,
            scope: Arc::new(CallScope::new(context, link)),
            timeout,
        };
        self.sql.execute(request).await.map_err(|error| failure(&error, context))
    }
}

/// What a call hears that took longer than it may.
pub(super) fn timed_out(limit: Duration) -> ExecutionError {
    ExecutionError::TimedOut { milliseconds: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
}

/// What the caller may know of Python's failure; the rest goes to the log.
fn python_failure(error: &PythonError, context: &CallContext) -> ExecutionError {
    match error {
        PythonError::Raised(text) => ExecutionError::Failed(text.clone()),
        PythonError::TimedOut(limit) => timed_out(*limit),
        PythonError::Cancelled => ExecutionError::Cancelled,
        PythonError::AwaitsInput => ExecutionError::AwaitsInput,
        PythonError::Unavailable { message } => ExecutionError::Failed(message.clone()),
        PythonError::Internal(source) => {
            tracing::error!(request_id = context.request_id, error = %source, "Python engine failed");
            ExecutionError::Internal
        }
    }
}

/// What the caller may know of a component's failure; the rest goes to the log.
fn component_failure(error: &ComponentError, context: &CallContext) -> ExecutionError {
    match error {
        ComponentError::Failed(text) => ExecutionError::Failed(text.clone()),
        ComponentError::TimedOut(limit) => timed_out(*limit),
        ComponentError::Cancelled => ExecutionError::Cancelled,
        ComponentError::Unavailable { message } => ExecutionError::Failed(message.clone()),
        ComponentError::Internal(source) => {
            tracing::error!(request_id = context.request_id, error = %source, "component engine failed");
            ExecutionError::Internal
        }
    }
}

/// What the caller may know of an engine's failure; the rest goes to the log.
fn failure(error: &SqlError, context: &CallContext) -> ExecutionError {
    match error {
        SqlError::Rejected(text) => ExecutionError::Failed(format!("Failed to execute SQL: {text}")),
        SqlError::TimedOut(limit) => timed_out(*limit),
        SqlError::Cancelled => ExecutionError::Cancelled,
        SqlError::Unavailable { message } => ExecutionError::Failed(message.clone()),
        SqlError::Internal(source) => {
            tracing::error!(request_id = context.request_id, error = %source, "SQL engine failed");
            ExecutionError::Internal
        }
    }
}
