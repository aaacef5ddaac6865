//! The half of a call before its execution.

use std::sync::Arc;

use super::reply::{Facts, Finish};
use super::{ExecutionError, Output, Plan, PromptPlan, Registry, Reply};
use crate::call::{Call, CallContext, CallError};
use crate::definition::{Endpoint, Implementation};
use crate::value::Object;

/// An allowed call, ready to run.
#[derive(Debug)]
pub struct Prepared {
    plan: Plan,
    dropped: Vec<String>,
    finish: Finish,
}

/// A call that must not run.
#[derive(Debug)]
pub struct Refusal {
    reply: Reply,
}

pub(super) fn prepare(
    registry: &Registry,
    call: Call,
    context: CallContext,
) -> Result<Prepared, Box<Refusal>> {
    let Call { kind, name, arguments, unknown_arguments, output_validation } = call;
    let Some(endpoint) = registry.get(kind, &name) else {
        let facts = Facts::new(None, kind, name.clone(), context, Arc::new(arguments));
        return Err(Refusal::because(CallError::UnknownEndpoint { kind, name }, facts));
    };
    let known = || Some(Arc::clone(endpoint));
    let bound = match endpoint.parameters.bind(arguments.clone(), unknown_arguments) {
        Ok(bound) => bound,
        Err(errors) => {
            let facts = Facts::new(known(), kind, name, context, Arc::new(arguments));
            return Err(Refusal::because(CallError::InvalidArguments(errors), facts));
        }
    };
    let decision = endpoint.policies.decide_input(&bound.values, &context);
    let arguments = Arc::new(bound.values);
    let mut facts = Facts::new(known(), kind, name, context, Arc::clone(&arguments));
    facts.policies_declared = endpoint.policies.is_declared();
    facts.trace = decision.trace;
    if let Some(reason) = decision.denied {
        return Err(Refusal::because(CallError::InputDenied { reason }, facts));
    }
    let plan = plan(endpoint, arguments);
    let finish = Finish { endpoint: Arc::clone(endpoint), output_validation, facts };
    Ok(Prepared { plan, dropped: bound.dropped, finish })
}

fn plan(endpoint: &Endpoint, arguments: Arc<Object>) -> Plan {
    match &endpoint.implementation {
        Implementation::Sql(source) => Plan::Sql { source: Arc::clone(source), arguments },
        Implementation::Python { .. } => Plan::Unsupported { what: "Python endpoints" },
        Implementation::Prompt(templates) => {
            Plan::Prompt(PromptPlan { templates: Arc::clone(templates), arguments })
        }
    }
}

impl Prepared {
    /// What to run.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The facts of the call.
    #[must_use]
    pub fn context(&self) -> &CallContext {
        &self.finish.facts.context
    }

    /// Arguments the endpoint doesn't declare, which were left out.
    #[must_use]
    pub fn dropped_arguments(&self) -> &[String] {
        &self.dropped
    }

    /// Shapes and validates the output, applies the output policy, makes the audit record.
    #[must_use]
    pub fn finish(self, outcome: Result<Output, ExecutionError>) -> Reply {
        self.finish.finish(outcome)
    }
}

impl Refusal {
    fn because(error: CallError, facts: Facts) -> Box<Self> {
        Box::new(Self { reply: Reply::refused(error, facts) })
    }

    /// The reply to a call that must not run.
    #[must_use]
    pub fn into_reply(self) -> Reply {
        self.reply
    }
}
