//! The half of a call after its execution.

use std::fmt;
use std::sync::Arc;

use super::pending::Asked;
use super::{Output, shape};
use crate::audit::{AuditRecord, Measure, PolicyDecision, Secrets, Status};
use crate::call::{CallContext, CallError, ExceededLimit, OutputValidation};
use crate::definition::{Endpoint, Implementation, Kind};
use crate::delivery::Part;
use crate::policy::{Effect, ExplainedRule, OutputDecision, Trace};
use crate::schema::Action;
use crate::types::{self, Block, ContentPlan, Type};
use crate::value::{Object, Value};
use crate::wit;

/// A finished call. There is no way to make one but through the core.
#[derive(Debug)]
pub struct Reply {
    pub(super) result: Result<Success, CallError>,
    /// Why the call really failed, where the caller is told that there is no such endpoint.
    hidden: Option<CallError>,
    binary: bool,
    changed_by: Option<&'static str>,
    pub(super) facts: Facts,
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    /// The result, shaped, validated, and as the output policy lets it out.
    pub value: Value,
    /// Whether the endpoint declares a `return`: only then is there structured content.
    pub typed: bool,
    /// How it becomes content blocks where that is not its text: then there is no structured content.
    pub content: Option<Arc<ContentPlan>>,
    /// Which rows of the result these are, where they are not all.
    pub part: Option<Box<Part>>,
}

impl Success {
    /// Its content blocks, if it has images, sound or resources in it.
    #[must_use]
    pub fn blocks(&self) -> Option<Vec<Block<'_>>> {
        self.content.as_ref().map(|plan| plan.blocks(&self.value))
    }
}

/// Why an implementation failed, as the host tells the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionError {
    /// The engine's own message, complete: `Failed to execute SQL: …`.
    Failed(String),
    /// It took longer than it may.
    TimedOut {
        /// The limit.
        milliseconds: u64,
    },
    /// The caller took the call back.
    Cancelled,
    /// The implementation asked the client something, and is called again once there is an answer.
    AwaitsInput,
    /// The host has as many calls in hand as it takes.
    Overloaded,
    /// There were, or are, as many calls of the endpoint as there may be.
    LimitExceeded {
        /// Which limit.
        limit: ExceededLimit,
        /// When a call may succeed at the earliest, in seconds from now.
        retry_after_seconds: u64,
    },
    /// A defect of the host; details are in its log.
    Internal,
}

/// What is known of a call before its result, for the audit record.
#[derive(Clone)]
pub(super) struct Facts {
    /// The endpoint, for what must not be recorded; none if there is none of that name.
    pub(super) endpoint: Option<Arc<Endpoint>>,
    kind: Kind,
    name: String,
    pub(super) context: CallContext,
    /// Arguments after conversion; as sent if they could not be converted. Not redacted, so never printed.
    arguments: Arc<Object>,
    pub(super) policies_declared: bool,
    pub(super) trace: Trace,
    /// None if no rule asked for approval.
    pub(super) asked: Option<Asked>,
}

/// What [`super::Prepared`] keeps until its output is known.
#[derive(Debug)]
pub(super) struct Finish {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) output_validation: OutputValidation,
    pub(super) facts: Facts,
}

/// An output in the shape that the endpoint declares, before any rule.
pub(super) struct Shaped {
    pub(super) value: Value,
    content: Option<Arc<ContentPlan>>,
    /// How it is written.
    render: fn(Value, Option<&Type>) -> Value,
}

impl ExecutionError {
    /// What the caller of the request is told.
    #[must_use]
    pub fn into_call_error(self, request_id: &str) -> CallError {
        match self {
            ExecutionError::Failed(message) => CallError::Execution(message),
            ExecutionError::TimedOut { milliseconds } => CallError::TimedOut { milliseconds },
            ExecutionError::Cancelled => CallError::Cancelled,
            ExecutionError::AwaitsInput => CallError::AwaitsInput,
            ExecutionError::Overloaded => CallError::Overloaded,
            ExecutionError::LimitExceeded { limit, retry_after_seconds } => {
                CallError::LimitExceeded { limit, retry_after_seconds }
            }
            ExecutionError::Internal => CallError::Internal { request_id: request_id.to_owned() },
        }
    }
}

impl Facts {
    pub(super) fn new(
        endpoint: Option<Arc<Endpoint>>,
        kind: Kind,
        name: String,
        context: CallContext,
        arguments: Arc<Object>,
    ) -> Self {
        let (policies_declared, trace) = (false, Trace::default());
        Self { endpoint, kind, name, context, arguments, policies_declared, trace, asked: None }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The arguments with all that is sensitive.
    pub(super) fn arguments(&self) -> &Object {
        &self.arguments
    }

    /// The arguments that callers give, sensitive ones redacted.
    pub(super) fn shown_arguments(&self) -> Object {
        let mut shown = self.recorded_arguments();
        let parameters = self.endpoint.as_ref().map(|endpoint| &endpoint.parameters);
        shown.retain(|name, _| {
            let parameter = parameters.and_then(|parameters| parameters.get(name));
            parameter.is_none_or(crate::types::Parameter::is_given)
        });
        shown
    }

    /// The arguments, sensitive ones redacted.
    fn recorded_arguments(&self) -> Object {
        match &self.endpoint {
            Some(endpoint) => endpoint.parameters.redact(&self.arguments),
            None => Object::clone(&self.arguments),
        }
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Facts");
        shown.field("kind", &self.kind).field("name", &self.name).field("context", &self.context);
        shown.field("policies_declared", &self.policies_declared).field("trace", &self.trace);
        shown.finish_non_exhaustive()
    }
}

impl Finish {
    pub(super) fn finish(mut self, outcome: Result<Output, ExecutionError>) -> Reply {
        let mut changed_by = None;
        let mut binary = false;
        let result = self.result(outcome, &mut changed_by, &mut binary);
        Reply { result, hidden: None, binary, changed_by, facts: self.facts }
    }

    fn result(
        &mut self,
        outcome: Result<Output, ExecutionError>,
        changed_by: &mut Option<&'static str>,
        binary: &mut bool,
    ) -> Result<Success, CallError> {
        let returns = self.endpoint.result_type();
        let request_id = &self.facts.context.request_id;
        let Shaped { value, content, render } =
            self.shaped(outcome.map_err(|error| error.into_call_error(request_id))?)?;
        let rows = self.endpoint.policies.admit_rows(value, &self.facts.context);
        self.facts.trace.add(rows.trace);
        let value = rows.result.map_err(|reason| CallError::OutputDenied { reason })?;
        let value = match (returns, self.output_validation) {
            (Some(returns), OutputValidation::Check) => {
                returns.check_output(value).map_err(CallError::InvalidOutput)?
            }
            _ => value,
        };
        let decision = decide_output(&self.endpoint, value, &self.facts.context);
        self.facts.trace.add(decision.trace);
        let filtered = rows.filtered.then_some(Action::FilterRows);
        *changed_by = decision.changed_by.or(filtered).map(Action::as_str);
        let value = decision.result.map_err(|reason| CallError::OutputDenied { reason })?;
        *binary = matches!(value, Value::Bytes(_));
        Ok(Success { value: render(value, returns), typed: returns.is_some(), content, part: None })
    }

    /// An output in the shape that the endpoint declares.
    ///
    /// # Errors
    /// It is none of that shape.
    pub(super) fn shaped(&self, output: Output) -> Result<Shaped, CallError> {
        let returns = self.endpoint.result_type();
        let request_id = &self.facts.context.request_id;
        let mut content = returns.and_then(Type::content_plan).cloned();
        let mut render: fn(Value, Option<&Type>) -> Value = types::render_value;
        let value = match output {
            Output::Rows(rows) => {
                render = types::render;
                shape::shape(rows, returns)
            }
            Output::Value(value) => shape::shape_value(self.as_text(value), returns),
            Output::Content(value) => {
                content = Some(Arc::new(ContentPlan::Blocks));
                shape::shape_value(value, returns)
            }
            Output::Component(result) => {
                let value = self.lift(result).map_err(|error| error.into_call_error(request_id))?;
                shape::shape_value(self.as_text(value), returns)
            }
        };
        Ok(Shaped { value: value.map_err(CallError::Shape)?, content, render })
    }
}

/// What the output rules make of a result.
pub(super) fn decide_output(endpoint: &Endpoint, value: Value, context: &CallContext) -> OutputDecision {
    endpoint.policies.apply_output(value, context, &|value| remove_sensitive(endpoint, value))
}

/// What each of them does to the fields of a result, by label.
pub(super) fn output_effects<'a>(
    endpoint: &'a Endpoint,
    value: &Value,
    context: &CallContext,
) -> Vec<(&'a str, Vec<Effect>)> {
    endpoint.policies.effects_on(value, context, &|value| remove_sensitive(endpoint, value))
}

fn remove_sensitive(endpoint: &Endpoint, value: Value) -> Value {
    match endpoint.result_type() {
        Some(returns) => types::remove_sensitive(value, returns).unwrap_or(Value::Null),
        // A rule that removes what is sensitive, and nobody can say what that is: nothing gets out.
        None => Value::Null,
    }
}

impl Finish {
    fn lift(&self, result: Option<wit::Value>) -> Result<Value, ExecutionError> {
        match &self.endpoint.implementation {
            Implementation::Component(source) => source.function.lift(result),
            // Only a component's plan asks for such an output.
            _ => Err(ExecutionError::Internal),
        }
    }

    /// Bytes of a tool that doesn't say what it returns are a text if they are one; those of a resource are its content.
    fn as_text(&self, value: Value) -> Value {
        match value {
            Value::Bytes(bytes) if self.facts.kind == Kind::Tool && self.endpoint.returns.is_none() => {
                String::from_utf8(bytes).map_or_else(|error| Value::Bytes(error.into_bytes()), Value::String)
            }
            value => value,
        }
    }
}

impl Reply {
    pub(super) fn refused(error: CallError, facts: Facts) -> Self {
        Self::showing(Err(error), facts)
    }

    /// The reply that shows what was finished before, or why it can't be.
    pub(super) fn showing(result: Result<Success, CallError>, facts: Facts) -> Self {
        Self { result, hidden: None, binary: false, changed_by: None, facts }
    }

    /// The reply of an endpoint that pretends not to exist; `error` is for the record only.
    pub(super) fn hidden(error: CallError, facts: Facts) -> Self {
        let told = CallError::UnknownEndpoint { kind: facts.kind, name: facts.name.clone() };
        Self { hidden: Some(error), ..Self::refused(told, facts) }
    }

    /// How the call really ended, where the caller is told that there is no such endpoint: for the author's own tests,
    /// never for callers.
    ///
    /// # Errors
    /// Why the call failed.
    pub fn undisguised(&self) -> Result<&Success, &CallError> {
        match &self.hidden {
            Some(error) => Err(error),
            None => self.result(),
        }
    }

    /// Why the call failed, whatever the caller was told.
    fn failure(&self) -> Option<&CallError> {
        self.hidden.as_ref().or(self.result.as_ref().err())
    }

    /// What the caller gets.
    ///
    /// # Errors
    /// Why the call failed.
    pub fn result(&self) -> Result<&Success, &CallError> {
        self.result.as_ref()
    }

    /// What the caller gets, taken out.
    ///
    /// # Errors
    /// Why the call failed.
    pub fn into_result(self) -> Result<Success, CallError> {
        self.result
    }

    /// Whether the result is bytes; its value is their text in base64 then.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// Who called, and how.
    #[must_use]
    pub fn context(&self) -> &CallContext {
        &self.facts.context
    }

    /// Whether the caller is told that there is no such endpoint, although there is.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.hidden.is_some()
    }

    /// What was called; none if there is no endpoint of that name.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.facts.endpoint.as_deref()
    }

    /// What the policies decided; none if the endpoint has none.
    #[must_use]
    pub fn decision(&self) -> Option<PolicyDecision> {
        self.policy().0
    }

    /// Why a policy denied the call, even where the caller is told that there is no such endpoint: for operators.
    #[must_use]
    pub fn denial(&self) -> Option<&CallError> {
        let denied = |error: &&CallError| {
            matches!(error, CallError::InputDenied { .. } | CallError::OutputDenied { .. })
        };
        self.failure().filter(denied)
    }

    /// What of the policies could not be evaluated, and so counted as it does no harm; without what is sensitive.
    #[must_use]
    pub fn policy_errors(&self) -> Vec<String> {
        let errors = &self.facts.trace.errors;
        if errors.is_empty() {
            return Vec::new();
        }
        let secrets = self.endpoint().map(|it| Secrets::of(&self.facts.arguments, &it.parameters));
        let secrets = secrets.unwrap_or_default();
        errors.iter().map(|error| secrets.redact(error.clone())).collect()
    }

    /// The rules that were evaluated, in order, and what each came to: for operators, never for callers.
    #[must_use]
    pub fn evaluated(&self) -> Vec<ExplainedRule<'_>> {
        let Some(endpoint) = self.endpoint() else { return Vec::new() };
        let Trace { evaluated, verdicts, .. } = &self.facts.trace;
        let evaluated = evaluated.iter().zip(verdicts).filter_map(|(record, (_, verdict))| {
            let is_recorded = |label: &str| record.strip_prefix(label).is_some_and(|it| it.starts_with(':'));
            let rule = endpoint.policies.rules().find(|rule| is_recorded(rule.label))?;
            Some(ExplainedRule { rule, verdict: verdict.clone() })
        });
        evaluated.collect()
    }

    /// The record of the call. Made on demand: a host that records nothing pays nothing.
    #[must_use]
    pub fn audit(&self) -> AuditRecord {
        let context = &self.facts.context;
        let output = self.result.as_ref().ok().map(|success| self.recorded_output(&success.value));
        let input = self.facts.recorded_arguments();
        let (policy_decision, policy_reason) = self.policy();
        let endpoint = self.facts.endpoint.as_deref();
        // Where nothing failed, nothing is quoted.
        let secrets = match endpoint {
            Some(endpoint) if self.failure().is_some() => {
                Secrets::of(&self.facts.arguments, &endpoint.parameters)
            }
            _ => Secrets::default(),
        };
        AuditRecord {
            request_id: context.request_id.clone(),
            timestamp: context.timestamp(),
            caller_type: context.caller,
            operation_type: self.facts.kind,
            operation_name: self.facts.name.clone(),
            user_id: context.user_id(),
            session_id: context.session_id.clone(),
            trace_id: context.trace_id(),
            definition_digest: endpoint.map(|endpoint| endpoint.digest().to_owned()),
            policy_digest: endpoint.and_then(|endpoint| endpoint.policies.digest()).map(str::to_owned),
            input_size: Measure::of(&input),
            output_size: output.as_ref().map(Measure::of).unwrap_or_default(),
            input_data: Value::Object(input),
            output_data: output,
            operation_status: if self.result.is_ok() { Status::Success } else { Status::Error },
            error: self.failure().map(|error| secrets.redact(error.to_string())),
            policy_decision,
            policy_reason,
            policies_evaluated: self.facts.trace.evaluated.clone(),
            policy_errors: self.policy_errors(),
        }
    }

    /// The result, without what is sensitive.
    fn recorded_output(&self, value: &Value) -> Value {
        let Some(endpoint) = &self.facts.endpoint else { return value.clone() };
        // The messages of a prompt repeat its arguments, and nobody can say where.
        let repeats = endpoint.kind == Kind::Prompt
            && endpoint.parameters.iter().any(|parameter| parameter.ty.has_sensitive());
        match endpoint.result_type() {
            _ if repeats => Value::string(types::REDACTED),
            Some(ty) => types::redact_sensitive(value, ty),
            None => value.clone(),
        }
    }

    /// Spec `policies.md` section 9, with denials recorded as such (section 12, item 6).
    fn policy(&self) -> (Option<PolicyDecision>, Option<String>) {
        match (self.failure(), self.changed_by) {
            (Some(CallError::InputDenied { reason } | CallError::OutputDenied { reason }), _) => {
                (Some(PolicyDecision::Deny), Some(reason.clone()))
            }
            _ if !self.facts.policies_declared => (None, None),
            (failure, changed_by) => {
                let approved = self.facts.asked.as_ref().map(|asked| (asked.approved(), asked.reason()));
                let approved = match approved {
                    Some((None, reason)) => return (Some(PolicyDecision::Ask), Some(reason.to_owned())),
                    Some((approved, _)) => approved,
                    None => None,
                };
                match changed_by.filter(|_| failure.is_none()) {
                    Some(action) => {
                        let approved = approved.map(|approved| format!("; {approved}")).unwrap_or_default();
                        (Some(PolicyDecision::Warn), Some(format!("Output modified by {action}{approved}")))
                    }
                    None => (Some(PolicyDecision::Allow), approved),
                }
            }
        }
    }
}
