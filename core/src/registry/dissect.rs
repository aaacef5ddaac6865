//! What conditions saw, and what each part of them came to: for authors, beside an [`Explanation`](super::Explanation).

use super::prepare::absent;
use super::reply::output_effects;
use super::{Question, Registry};
use crate::call::{CallContext, CallError, UnknownArguments};
use crate::definition::{Endpoint, Kind};
use crate::policy::{Answers, DissectedRule};
use crate::types::{self, REDACTED, Type};
use crate::value::{Object, Value};

/// The facts of a question, and the rules part by part.
#[derive(Clone, Debug)]
pub struct Dissection {
    /// What conditions know of the caller; credentials are redacted.
    pub user: Object,
    /// The arguments as input conditions see them, sensitive ones redacted; none if nobody said.
    pub arguments: Option<Object>,
    /// The result as output conditions see it, sensitive parts redacted; none if there is none, or no row rule lets it
    /// out.
    pub response: Option<Value>,
    /// All rules in the order they are written in, those before the call first.
    pub rules: Vec<DissectedRule>,
}

impl Registry {
    /// What the conditions of an endpoint's rules see and what their parts come to, whether or not a rule was reached.
    ///
    /// # Errors
    /// As [`Registry::explain`].
    pub fn dissect(&self, question: Question, context: &CallContext) -> Result<Dissection, CallError> {
        let Question { kind, name, arguments, response } = question;
        let Some(endpoint) = self.get(kind, &name) else {
            return Err(CallError::UnknownEndpoint { kind, name });
        };
        let policies = &endpoint.policies;
        let arguments = match arguments {
            Some(arguments) => {
                let (unknown, caller) = (UnknownArguments::Drop, context.principal.as_deref());
                let bound = endpoint.parameters.bind_with(arguments, unknown, absent(endpoint), caller);
                Some(bound.map_err(CallError::InvalidArguments)?.values)
            }
            None => None,
        };
        let given = response.clone();
        let admitted = response.and_then(|response| policies.admit_rows(response, context).result.ok());
        let checked = match (admitted, endpoint.result_type()) {
            (Some(response), Some(returns)) => {
                Some(returns.check_output(response).map_err(CallError::InvalidOutput)?)
            }
            (response, _) => response,
        };
        let is_sensitive = |name: &str, key: Option<&str>| {
            let ty = match name {
                "response" | "row" if endpoint.kind == Kind::Prompt => return conceals(endpoint),
                "response" => endpoint.result_type(),
                "row" => endpoint.result_type().map(|ty| ty.items().unwrap_or(ty)),
                name => endpoint.parameters.get(name).map(|parameter| &parameter.ty),
            };
            ty.is_some_and(|ty| is_sensitive(ty, key))
        };
        let effects = checked.as_ref().map(|response| output_effects(endpoint, response, context));
        let answers = Answers {
            arguments: arguments.as_ref(),
            given: given.as_ref(),
            response: checked.as_ref(),
            effects: effects.unwrap_or_default(),
        };
        let rules = policies.dissect(&answers, context, &is_sensitive);
        Ok(Dissection {
            user: policies.shown_user(context),
            arguments: arguments.map(|arguments| endpoint.parameters.redact(&arguments)),
            response: checked.map(|response| redacted(endpoint, &response)),
            rules,
        })
    }
}

/// Whether a value, or what it has under a key, is sensitive in part.
fn is_sensitive(ty: &Type, key: Option<&str>) -> bool {
    let property = key.and_then(|key| ty.properties().iter().find(|property| property.name() == key));
    match property {
        Some(property) => ty.is_sensitive() || property.ty().has_sensitive(),
        None => ty.has_sensitive(),
    }
}

/// Whether parts of a result are sensitive. The messages of a prompt repeat its arguments, and nobody can say where.
fn conceals(endpoint: &Endpoint) -> bool {
    match endpoint.kind {
        Kind::Prompt => endpoint.parameters.iter().any(|parameter| parameter.ty.has_sensitive()),
        _ => endpoint.result_type().is_some_and(Type::has_sensitive),
    }
}

fn redacted(endpoint: &Endpoint, response: &Value) -> Value {
    let response = types::render_value(response.clone(), endpoint.result_type());
    match endpoint.result_type() {
        None if conceals(endpoint) => Value::string(REDACTED),
        Some(returns) => types::redact_sensitive(&response, returns),
        None => response,
    }
}
