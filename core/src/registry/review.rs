//! Whether a recorded call would be decided otherwise under the rules as they are now.
//!
//! Records don't know everything: what was sensitive is redacted, of the caller there is an id, and of a result only what
//! the rules let out. Whatever depends on such a part is not guessed at but said to be unknown.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Registry;
use super::prepare::absent;
use super::reply::decide_output;
use crate::call::{CallContext, UnknownArguments};
use crate::definition::{Endpoint, Kind};
use crate::policy::{Foretold, Known};
use crate::types::{self, REDACTED};
use crate::value::{Object, Value};

/// A call as it was recorded.
#[derive(Clone, Debug)]
pub struct PastCall {
    /// Tool, resource or prompt.
    pub kind: Kind,
    /// The tool's or prompt's name; a resource's URI template.
    pub name: String,
    /// The arguments after their conversion.
    pub arguments: Object,
    /// How it ended.
    pub ending: Ending,
    /// Whether the context, with which it is reviewed, says who called.
    pub caller_known: bool,
}

/// How a recorded call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// With a result that no rule changed.
    Allowed(Value),
    /// With a result as the rules let it out.
    Changed(Value),
    /// It was denied before it ran.
    InputDenied,
    /// Its result was held back.
    OutputDenied,
    /// It failed for another reason.
    Failed,
}

/// What becomes of a recorded call now.
#[derive(Clone, Debug, PartialEq)]
pub enum Review {
    /// There is no such endpoint any more.
    UnknownEndpoint,
    /// The caller would get the same.
    Same,
    /// The caller would get something else.
    Otherwise(Now),
    /// That depends on parts of the call that the record does not have: on `user`, on `response`, or on the arguments of
    /// these names.
    Unknown(BTreeSet<String>),
}

/// How a recorded call would end now.
#[derive(Clone, Debug, PartialEq)]
pub enum Now {
    /// With its result as it is.
    Allowed,
    /// With a result that rules change.
    Changed {
        /// The first rule that does, if it can be said.
        rule: Option<String>,
        /// What is let out, if the result is known.
        value: Option<Value>,
    },
    /// It would be denied before it runs.
    InputDenied {
        /// Which rule denies it.
        rule: String,
        /// What the caller is told.
        reason: String,
    },
    /// Its result would be held back.
    OutputDenied {
        /// Which rule holds it back, if it can be said.
        rule: Option<String>,
        /// What the caller is told.
        reason: String,
    },
    /// Its arguments don't fit the parameters.
    Refused(String),
}

impl Registry {
    /// Decides a recorded call by the present rules. The context has the time of the call, and who called if that is known.
    #[must_use]
    pub fn review(&self, call: &PastCall, context: &CallContext) -> Review {
        let Some(endpoint) = self.get(call.kind, &call.name) else { return Review::UnknownEndpoint };
        let redacted: BTreeSet<String> = call
            .arguments
            .iter()
            .filter(|(_, value)| is_redacted(value))
            .map(|(name, _)| name.to_string())
            .collect();
        // What came from the caller is recorded with the rest, and comes from the caller again if that is known.
        let from_caller = |name: &str| endpoint.parameters.get(name).is_some_and(|it| !it.is_given());
        let foreign = !call.caller_known && call.arguments.keys().any(|name| from_caller(name));
        let bound = if redacted.is_empty() && !foreign {
            let given = call.arguments.iter().filter(|(name, _)| !from_caller(name));
            let given = given.map(|(name, value)| (Arc::clone(name), value.clone())).collect();
            let (unknown, caller) = (UnknownArguments::Drop, context.principal.as_deref());
            match endpoint.parameters.bind_with(given, unknown, absent(endpoint), caller) {
                Ok(bound) => bound.values,
                Err(_) if call.ending == Ending::Failed => return Review::Same,
                Err(errors) => {
                    let errors = errors.iter().map(ToString::to_string);
                    return Review::Otherwise(Now::Refused(errors.collect::<Vec<_>>().join("; ")));
                }
            }
        } else {
            call.arguments.clone()
        };
        let known = Known { arguments: &bound, redacted: &redacted, caller: call.caller_known };
        match (endpoint.policies.foretell_input(&known, context), &call.ending) {
            (Foretold::Denies(..), Ending::InputDenied) => Review::Same,
            (Foretold::Denies(rule, reason), _) => Review::Otherwise(Now::InputDenied { rule, reason }),
            (Foretold::Depends(names), _) => Review::Unknown(names),
            (_, Ending::Failed) => Review::Same,
            (_, Ending::Allowed(output)) if !is_redacted(output) => {
                review_known(endpoint, output, &known, context)
            }
            (_, ending) => review_unseen(endpoint, ending, &known, context),
        }
    }
}

/// Reviews the result of a call that no rule changed: what the rules let out is what they were given.
fn review_known(endpoint: &Endpoint, output: &Value, known: &Known<'_>, context: &CallContext) -> Review {
    let policies = &endpoint.policies;
    let foretold = policies.foretell_output(Some(output), known, context);
    if policies.rows_depend_on_caller() && !known.caller {
        return Review::Unknown(BTreeSet::from(["user".to_owned()]));
    }
    let rule = match foretold {
        Foretold::Allows => return Review::Same,
        Foretold::Depends(names) => return Review::Unknown(names),
        Foretold::Changes(rule) | Foretold::Denies(rule, _) => rule,
    };
    // A record has texts where the result had points in time and the like: what fails on those is no failure.
    let unsure = || Review::Unknown(BTreeSet::from(["response".to_owned()]));
    let rows = policies.admit_rows(output.clone(), context);
    if !rows.trace.errors.is_empty() {
        return unsure();
    }
    let admitted = match rows.result {
        Ok(admitted) => admitted,
        Err(reason) => return Review::Otherwise(Now::OutputDenied { rule: Some(rule), reason }),
    };
    let decision = decide_output(endpoint, admitted, context);
    if !decision.trace.errors.is_empty() {
        return unsure();
    }
    let denied_by = policies.last_output_rule(&decision);
    match decision.result {
        Err(reason) => Review::Otherwise(Now::OutputDenied { rule: denied_by, reason }),
        Ok(value) => {
            let value = types::render_value(value, endpoint.result_type());
            if value.to_json() == output.to_json() {
                return Review::Same;
            }
            Review::Otherwise(Now::Changed { rule: Some(rule), value: Some(value) })
        }
    }
}

/// Reviews the result of a call of which nobody knows what the rules were given.
fn review_unseen(endpoint: &Endpoint, ending: &Ending, known: &Known<'_>, context: &CallContext) -> Review {
    match (endpoint.policies.foretell_output(None, known, context), ending) {
        (Foretold::Depends(names), _) => Review::Unknown(names),
        // Still denied, if later than it was.
        (Foretold::Denies(..), Ending::InputDenied | Ending::OutputDenied) => Review::Same,
        (Foretold::Denies(rule, reason), _) => {
            Review::Otherwise(Now::OutputDenied { rule: Some(rule), reason })
        }
        // Which rules changed a result, and how, is not recorded.
        (Foretold::Changes(_), Ending::Changed(_)) | (Foretold::Allows, Ending::Allowed(_)) => Review::Same,
        (Foretold::Changes(rule), _) => Review::Otherwise(Now::Changed { rule: Some(rule), value: None }),
        (Foretold::Allows, _) => Review::Otherwise(Now::Allowed),
    }
}

/// Whether a part of a recorded value was taken out of the record.
fn is_redacted(value: &Value) -> bool {
    match value {
        Value::String(text) => text == REDACTED,
        Value::Array(items) => items.iter().any(is_redacted),
        Value::Object(object) => object.iter().any(|(_, value)| is_redacted(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
