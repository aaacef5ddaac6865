//! Whether a call runs as a task.

use mxcp_core::call::{Call, CallContext, CallError, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::registry::Registry;
use mxcp_core::schema::{Task, TaskQuestions};
use mxcp_core::value::Object;
use mxcp_mcp::exact;
use rmcp::model::{ClientCapabilities, JsonObject};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::server::Server;
use crate::tools::is_modern;

/// How a call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// With its result.
    Plain,
    /// With a task, which asks at that time.
    Task(TaskQuestions),
}

/// How a call of a tool is answered.
///
/// # Errors
/// The tool runs as a task only, and the client doesn't know tasks.
pub(crate) fn of_call(
    server: &Server,
    name: &str,
    arguments: Option<&JsonObject>,
    facts: &CallContext,
    context: &RequestContext<RoleServer>,
) -> Result<Way, ErrorData> {
    let registry = server.pipeline().registry();
    let Some(endpoint) = registry.get(Kind::Tool, name) else { return Ok(Way::Plain) };
    let Some(task) = endpoint.delivery.task else { return Ok(Way::Plain) };
    // A server that stands before this one finishes the call itself, and has no tasks.
    if exact::is_asked(&context.meta) {
        return Ok(Way::Plain);
    }
    if is_modern(context) && context.client_capabilities().is_some_and(|declared| declared.supports_tasks()) {
        return Ok(Way::Task(endpoint.delivery.task_questions));
    }
    let hides = || endpoint.policies.hides() && is_hidden(&registry, name, arguments, facts);
    if task == Task::Optional || hides() {
        return Ok(Way::Plain);
    }
    Err(ErrorData::missing_required_client_capability(ClientCapabilities::builder().enable_tasks().build()))
}

/// Whether a tool hides itself from this call: what it needs of a client is not told to whom it does not exist for.
fn is_hidden(registry: &Registry, name: &str, arguments: Option<&JsonObject>, facts: &CallContext) -> bool {
    let call = Call {
        kind: Kind::Tool,
        name: name.to_owned(),
        arguments: Object::from_json(arguments.cloned().unwrap_or_default()),
        unknown_arguments: UnknownArguments::Drop,
        output_validation: OutputValidation::Check,
    };
    match registry.prepare(call, facts.clone()) {
        Ok(_) => false,
        Err(refusal) => match refusal.into_pending() {
            Ok(_) => false,
            Err(reply) => matches!(reply.into_result(), Err(CallError::UnknownEndpoint { .. })),
        },
    }
}
