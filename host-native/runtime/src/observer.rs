//! Telling of a call as it goes.

use std::sync::Arc;

use mxcp_core::call::{CallContext, CallError};
use mxcp_core::registry::{ExecutionError, Output, Plan, Reply, Rows};

use crate::ports::{CallTelemetry, Ending, Executed, Subject, Telemetry, Work};

/// Tells of one call, if anybody wants to hear of it. Dropped before the call has ended, it says that nobody waits for it.
#[derive(Debug)]
pub(crate) struct Observer(Option<Arc<dyn CallTelemetry>>);

impl Observer {
    /// A call begins.
    pub(crate) fn begin(
        telemetry: Option<&Arc<dyn Telemetry>>,
        subject: Subject<'_>,
        context: &mut CallContext,
    ) -> Self {
        Self(telemetry.map(|telemetry| telemetry.begin(subject, context)))
    }

    /// For code of the call, which has to say something as well.
    pub(crate) fn of_call(&self) -> Option<Arc<dyn CallTelemetry>> {
        self.0.clone()
    }

    /// The call is prepared, or refused.
    pub(crate) fn prepared(&self) {
        if let Some(call) = &self.0 {
            call.prepared();
        }
    }

    /// The call ended with a reply.
    pub(crate) fn replied(mut self, reply: &Reply) {
        if let Some(call) = self.0.take() {
            call.ended(Ending::Reply(reply));
        }
    }

    /// The call of a tool of mxcp's own ended.
    pub(crate) fn queried(mut self, outcome: &Result<Rows, CallError>) {
        if let Some(call) = self.0.take() {
            call.ended(Ending::BuiltIn(outcome.as_ref().map(|_rows| ())));
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call.ended(Ending::Abandoned);
        }
    }
}

/// Tells whether a call has the result of another one.
pub(crate) fn looked_up(call: Option<&Arc<dyn CallTelemetry>>, recalled: bool) {
    if let Some(call) = call {
        call.looked_up(recalled);
    }
}

/// Tells that an engine begins to work on a plan.
pub(crate) fn executes(call: Option<&Arc<dyn CallTelemetry>>, plan: &Plan) {
    if let Some(call) = call {
        call.executes(Work::Plan(plan));
    }
}

/// Tells that an engine begins to work on SQL of a tool of mxcp's own.
pub(crate) fn executes_sql(call: Option<&Arc<dyn CallTelemetry>>, sql: &str, parameters: usize) {
    if let Some(call) = call {
        call.executes(Work::Sql(sql, parameters));
    }
}

/// Tells what came of it.
pub(crate) fn executed(call: Option<&Arc<dyn CallTelemetry>>, outcome: &Result<Output, ExecutionError>) {
    if let Some(call) = call {
        call.executed(match outcome {
            Ok(output) => Executed::Output(output),
            Err(error) => Executed::Failed(error),
        });
    }
}

/// Tells what came of SQL of a tool of mxcp's own.
pub(crate) fn executed_sql(call: Option<&Arc<dyn CallTelemetry>>, outcome: &Result<Rows, ExecutionError>) {
    if let Some(call) = call {
        call.executed(match outcome {
            Ok(rows) => Executed::Rows(rows),
            Err(error) => Executed::Failed(error),
        });
    }
}
