//! Calls: decided here, run here or at the origin, finished here.

use mxcp_core::call::{Call, OutputValidation};
use mxcp_core::registry::{ExecutionError, Output, Plan, Registry, Reply};
use serde_json::{Map, Value as Json};

use crate::front::Turn;
use crate::origin;

/// How a call is made at the origin.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Forwarded<'a> {
    /// As a call of a tool, with the arguments as the caller sent them.
    Tool {
        /// Its name.
        name: &'a str,
        /// Its arguments.
        arguments: &'a Map<String, Json>,
    },
    /// By reading a resource.
    Resource {
        /// Its URI.
        uri: &'a str,
    },
    /// Not at all.
    Never,
}

/// Makes a call: with validation and policies, wherever it runs.
pub(crate) fn run(turn: &mut Turn<'_>, mut call: Call, forwarded: &Forwarded<'_>) -> Reply {
    let context = turn.context();
    let local = is_local(turn, &call);
    if !local && is_changed_by_policies(turn.front.registry(), &call) {
        // The origin validated the result before its policies removed or masked parts of it, which no `return` allows.
        call.output_validation = OutputValidation::Skip;
    }
    let prepared = match turn.front.registry().prepare(call, context) {
        Ok(prepared) => prepared,
        Err(refusal) => return recorded(turn, refusal.into_reply()),
    };
    let outcome = match prepared.plan() {
        Plan::Prompt(plan) => plan.render().map(Output::Value),
        Plan::Component { source, arguments } if local => match turn.front.bundle().index(source) {
            Some(index) => turn
                .host
                .invoke(index, &source.function, arguments)
                .map(Output::Component)
                .map_err(ExecutionError::Failed),
            None => Err(ExecutionError::Internal),
        },
        _ => {
            let principal = prepared.context().principal.clone();
            origin::call(turn, forwarded, principal.as_deref())
        }
    };
    let mut reply = prepared.finish(outcome);
    // An instance lives for one request: what is not shown is kept nowhere.
    drop(reply.fit());
    recorded(turn, reply)
}

/// Whether a call needs nobody else.
fn is_local(turn: &Turn<'_>, call: &Call) -> bool {
    use mxcp_core::definition::Implementation;
    let endpoint = turn.front.registry().get(call.kind, &call.name);
    endpoint.is_none_or(|endpoint| match &endpoint.implementation {
        Implementation::Prompt(_) => true,
        Implementation::Component(source) => turn.front.bundle().index(source).is_some(),
        _ => false,
    })
}

/// Whether the output policy may remove or replace parts of the result.
fn is_changed_by_policies(registry: &Registry, call: &Call) -> bool {
    registry.get(call.kind, &call.name).is_some_and(|endpoint| {
        let effects = endpoint.policies.effects();
        effects.filters_sensitive || !effects.filtered.is_empty() || !effects.masked.is_empty()
    })
}

/// Records a call, where that is asked for: a line of JSON, as the native server's audit log has them.
fn recorded(turn: &mut Turn<'_>, reply: Reply) -> Reply {
    if turn.settings.log
        && let Ok(line) = serde_json::to_string(&reply.audit())
    {
        turn.host.log(&line);
    }
    reply
}
