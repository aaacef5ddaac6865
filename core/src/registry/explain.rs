//! Why the policies of an endpoint decide the way they do: for its author, never for callers.

use super::Registry;
use super::prepare::absent;
use super::reply::decide_output;
use crate::call::{CallContext, CallError, UnknownArguments};
use crate::definition::Kind;
use crate::policy::{ExplainedRule, Foreseen, InputDecision, Visibility};
use crate::schema::Action;
use crate::types;
use crate::value::{Object, Value};

/// What is to be explained.
#[derive(Clone, Debug)]
pub struct Question {
    /// Tool, resource or prompt.
    pub kind: Kind,
    /// The tool's or prompt's name; a resource's URI template as written.
    pub name: String,
    /// Arguments of a call. None: what can be said whatever they are.
    pub arguments: Option<Object>,
    /// A result as the implementation gives it, in the shape that `return` asks for. None: output rules are listed and
    /// not evaluated.
    pub response: Option<Value>,
}

/// What the policies of an endpoint say.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    /// What the caller may know of the endpoint.
    pub visibility: Visibility,
    /// Whether the endpoint pretends not to exist for whom it is hidden or denied.
    pub hides: bool,
    /// All rules, those before the call first, in the order they are decided in.
    pub rules: Vec<ExplainedRule<'a>>,
    /// Whether the call may run.
    pub input: InputAnswer,
    /// What becomes of the result; none if there is none.
    pub output: Option<OutputAnswer>,
}

/// Whether a call may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputAnswer {
    /// It may.
    Allowed,
    /// It may not: the reason.
    Denied(String),
    /// It may if a person approves it: what is asked.
    Asks(Vec<String>),
    /// The arguments decide.
    Depends,
}

/// What becomes of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputAnswer {
    /// It is let out as it is.
    Unchanged,
    /// It is let out as this.
    Changed {
        /// What is let out.
        value: Value,
        /// The last action taken on it.
        by: Action,
    },
    /// It is held back: the reason.
    Denied(String),
}

impl Registry {
    /// What the policies of an endpoint say about a call: decided by the code that decides calls, though nothing runs and
    /// nothing is recorded.
    ///
    /// # Errors
    /// There is no such endpoint; the arguments don't fit its parameters, or the response its `return`.
    pub fn explain(&self, question: Question, context: &CallContext) -> Result<Explanation<'_>, CallError> {
        let Question { kind, name, arguments, response } = question;
        let Some(endpoint) = self.get(kind, &name) else {
            return Err(CallError::UnknownEndpoint { kind, name });
        };
        let policies = &endpoint.policies;
        let visibility = policies.visibility(context);
        let (input, mut rules): (_, Vec<ExplainedRule<'_>>) = match arguments {
            Some(arguments) => {
                let parameters = &endpoint.parameters;
                let bound = parameters
                    .bind_with(
                        arguments,
                        UnknownArguments::Drop,
                        absent(endpoint),
                        context.principal.as_deref(),
                    )
                    .map_err(CallError::InvalidArguments)?;
                let InputDecision { denied, asks, trace } = policies.decide_input(&bound.values, context);
                let answer = match denied {
                    Some(reason) => InputAnswer::Denied(reason),
                    None if asks.is_empty() => InputAnswer::Allowed,
                    None => InputAnswer::Asks(asks),
                };
                (answer, policies.explain_input(trace).collect())
            }
            None => {
                let answer = match visibility {
                    Visibility::Open => match policies.foresee_approval(context) {
                        Foreseen::Nothing => InputAnswer::Allowed,
                        Foreseen::Questions(questions) => InputAnswer::Asks(questions),
                        Foreseen::Depends => InputAnswer::Depends,
                    },
                    Visibility::Depends => InputAnswer::Depends,
                    Visibility::Hidden => {
                        let denied = policies.decide_without_arguments(context).and_then(|it| it.denied);
                        denied.map_or(InputAnswer::Depends, InputAnswer::Denied)
                    }
                };
                (answer, policies.foresee_input(context).collect())
            }
        };
        let mut output = None;
        let mut trace = None;
        if let Some(response) = response {
            let returns = endpoint.result_type();
            let rows = policies.admit_rows(response, context);
            let filtered = rows.filtered.then_some(Action::FilterRows);
            let mut evaluated = rows.trace;
            output = Some(match rows.result {
                Err(reason) => OutputAnswer::Denied(reason),
                Ok(response) => {
                    let response = match returns {
                        Some(returns) => returns.check_output(response).map_err(CallError::InvalidOutput)?,
                        None => response,
                    };
                    let decision = decide_output(endpoint, response, context);
                    evaluated.add(decision.trace);
                    match (decision.result, decision.changed_by.or(filtered)) {
                        (Err(reason), _) => OutputAnswer::Denied(reason),
                        (Ok(_), None) => OutputAnswer::Unchanged,
                        (Ok(value), Some(by)) => {
                            OutputAnswer::Changed { value: types::render_value(value, returns), by }
                        }
                    }
                }
            });
            trace = Some(evaluated);
        }
        rules.extend(policies.explain_output(trace));
        Ok(Explanation { visibility, hides: policies.hides(), rules, input, output })
    }
}
