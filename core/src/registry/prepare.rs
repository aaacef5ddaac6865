//! The half of a call before its execution.

use std::sync::Arc;

use super::reply::{Facts, Finish};
use super::{ExecutionError, Output, Pending, Plan, PromptPlan, Registry, Reply, Unapproved};
use crate::audit::AuditRecord;
use crate::call::{ArgumentError, Call, CallContext, CallError};
use crate::definition::{Endpoint, Implementation};
use crate::policy::{InputDecision, RowTest, Visibility};
use crate::types::Absent;
use crate::value::{Object, Value};

/// An allowed call, ready to run.
#[derive(Debug)]
pub struct Prepared {
    plan: Plan,
    dropped: Vec<String>,
    finish: Finish,
}

/// A call that must not run, at least not unless a person approves it.
#[derive(Debug)]
pub struct Refusal(Refused);

#[derive(Debug)]
enum Refused {
    For(Box<Reply>),
    Until(Box<Pending>),
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
    let absent = absent(endpoint);
    let caller = context.principal.as_deref();
    let bound = match endpoint.parameters.bind_with(arguments.clone(), unknown_arguments, absent, caller) {
        Ok(bound) => bound,
        Err(errors) => {
            let facts = Facts::new(known(), kind, name, context, Arc::new(arguments));
            return Err(misfit(endpoint, errors, facts));
        }
    };
    let decision = endpoint.policies.decide_input(&bound.values, &context);
    let arguments = Arc::new(bound.values);
    let mut facts = Facts::new(known(), kind, name, context, Arc::clone(&arguments));
    facts.policies_declared = endpoint.policies.is_declared();
    facts.trace = decision.trace;
    if let Some(reason) = decision.denied {
        let error = CallError::InputDenied { reason };
        return Err(if endpoint.policies.hides() {
            Refusal::hiding(error, facts)
        } else {
            Refusal::because(error, facts)
        });
    }
    let plan = match plan(endpoint, arguments) {
        Ok(plan) => plan,
        Err(errors) => return Err(misfit(endpoint, errors, facts)),
    };
    let finish = Finish { endpoint: Arc::clone(endpoint), output_validation, facts };
    let prepared = Prepared { plan, dropped: bound.dropped, finish };
    if decision.asks.is_empty() {
        return Ok(prepared);
    }
    Err(Box::new(Refusal(Refused::Until(Box::new(Pending::new(prepared, decision.asks))))))
}

/// What stands for the properties of arguments that the caller leaves out.
pub(super) fn absent(endpoint: &Endpoint) -> Absent {
    match endpoint.implementation {
        Implementation::Python(_) | Implementation::Component(_) => Absent::Left,
        _ => Absent::Null,
    }
}

/// What comes of arguments that don't fit. An endpoint that hides itself says what is wrong with them only to
/// those who see it in their lists: to anybody else the names of its parameters would give it away.
fn misfit(endpoint: &Endpoint, errors: Vec<ArgumentError>, mut facts: Facts) -> Box<Refusal> {
    let error = CallError::InvalidArguments(errors);
    let policies = &endpoint.policies;
    if !policies.hides() || policies.visibility(&facts.context) != Visibility::Hidden {
        return Refusal::because(error, facts);
    }
    match policies.decide_without_arguments(&facts.context) {
        Some(InputDecision { denied: Some(reason), trace, .. }) => {
            facts.policies_declared = true;
            facts.trace = trace;
            Refusal::hiding(CallError::InputDenied { reason }, facts)
        }
        _ => Refusal::hiding(error, facts),
    }
}

/// # Errors
/// Arguments that fit the definition and not the component that takes them.
fn plan(endpoint: &Endpoint, arguments: Arc<Object>) -> Result<Plan, Vec<ArgumentError>> {
    Ok(match &endpoint.implementation {
        Implementation::Sql(source) => Plan::Sql { source: Arc::clone(source), arguments },
        Implementation::Python(source) => {
            let typed = endpoint.result_type().is_some();
            Plan::Python { source: Arc::clone(source), arguments, typed }
        }
        Implementation::Prompt(templates) => {
            Plan::Prompt(PromptPlan { templates: Arc::clone(templates), arguments })
        }
        Implementation::Component(source) => {
            let arguments = source.function.lower(&arguments)?.into();
            Plan::Component { source: Arc::clone(source), arguments }
        }
    })
}

impl Prepared {
    /// What to run.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the rules ask of the rows of the result. Whoever runs the plan may leave out rows of which the answer is sure
    /// to be no; they are decided all the same.
    #[must_use]
    pub fn row_tests(&self) -> Vec<RowTest> {
        self.finish.endpoint.policies.row_tests(&self.finish.facts.context)
    }

    /// An output as the rules about results see it first, before any of them: for the author of the endpoint, never for
    /// callers.
    ///
    /// # Errors
    /// It has not the shape that the endpoint declares.
    pub fn unreleased(&self, output: Output) -> Result<Value, CallError> {
        self.finish.shaped(output).map(|shaped| shaped.value)
    }

    /// What is called; its limits are the host's to keep, before it runs the plan.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.finish.endpoint
    }

    /// The facts of the call.
    #[must_use]
    pub fn context(&self) -> &CallContext {
        &self.finish.facts.context
    }

    /// The arguments after conversion, with all that is sensitive.
    #[must_use]
    pub fn arguments(&self) -> &Object {
        self.finish.facts.arguments()
    }

    /// Arguments the endpoint doesn't declare, which were left out.
    #[must_use]
    pub fn dropped_arguments(&self) -> &[String] {
        &self.dropped
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.finish.facts
    }

    pub(super) fn facts_mut(&mut self) -> &mut Facts {
        &mut self.finish.facts
    }

    pub(super) fn into_finish(self) -> Finish {
        self.finish
    }

    pub(super) fn into_facts(self) -> Facts {
        self.finish.facts
    }

    /// The record of the call if it ends here, because nobody waits for it any more.
    #[must_use]
    pub fn abandoned(&self) -> AuditRecord {
        Reply::refused(CallError::Cancelled, self.finish.facts.clone()).audit()
    }

    /// Shapes and validates the output, applies the output policy, makes the audit record.
    #[must_use]
    pub fn finish(self, outcome: Result<Output, ExecutionError>) -> Reply {
        self.finish.finish(outcome)
    }
}

impl Refusal {
    fn because(error: CallError, facts: Facts) -> Box<Self> {
        Box::new(Self(Refused::For(Box::new(Reply::refused(error, facts)))))
    }

    /// The call is refused for `error`, and the caller told that there is no such endpoint.
    fn hiding(error: CallError, facts: Facts) -> Box<Self> {
        Box::new(Self(Refused::For(Box::new(Reply::hidden(error, facts)))))
    }

    /// The call, if a person may approve it.
    ///
    /// # Errors
    /// It must not run, whoever approves it: the reply.
    pub fn into_pending(self) -> Result<Pending, Box<Reply>> {
        match self.0 {
            Refused::For(reply) => Err(reply),
            Refused::Until(pending) => Ok(*pending),
        }
    }

    /// The reply to a call that must not run. Nobody is asked to approve it.
    #[must_use]
    pub fn into_reply(self) -> Reply {
        self.into_pending().map_or_else(|reply| *reply, |pending| pending.refused(&Unapproved::NobodyToAsk))
    }
}
