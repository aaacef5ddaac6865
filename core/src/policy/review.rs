//! What rules say of a call of which only a part is known, as records know calls.

use std::collections::BTreeSet;

use super::rule::{Foresight, Rule};
use super::{OutputDecision, PolicySet, Rules, arguments};
use crate::call::CallContext;
use crate::schema::Action;
use crate::value::{Object, Value};

/// What is not known of a call that a person has to approve.
const APPROVAL: &str = "approval";

/// What is known of a call, and what of it is not.
pub(crate) struct Known<'a> {
    /// The arguments as recorded.
    pub(crate) arguments: &'a Object,
    /// Names of arguments whose values were redacted.
    pub(crate) redacted: &'a BTreeSet<String>,
    /// Whether the context says who called.
    pub(crate) caller: bool,
}

/// What a section says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Foretold {
    /// It lets it through as it is.
    Allows,
    /// It changes the result; the first rule that does.
    Changes(String),
    /// It denies it: which rule, and its reason.
    Denies(String, String),
    /// That depends on what is not known: on `user`, on `response`, on the arguments of these names, or on the
    /// `approval` of a person.
    Depends(BTreeSet<String>),
}

impl PolicySet {
    /// What the input rules say of a recorded call.
    pub(crate) fn foretell_input(&self, known: &Known<'_>, context: &CallContext) -> Foretold {
        let unknown = |name: &str| match name {
            "user" => !known.caller,
            name => known.redacted.contains(name),
        };
        let arguments = arguments::with_texts(known.arguments);
        let value = |name: &str| arguments.get(name).filter(|_| !unknown(name));
        self.foretell(&self.input, &unknown, value, context)
    }

    /// What the output rules say of a result: of one that is not known, whatever it is.
    pub(crate) fn foretell_output(
        &self,
        response: Option<&Value>,
        known: &Known<'_>,
        context: &CallContext,
    ) -> Foretold {
        let unknown = |name: &str| match name {
            "user" => !known.caller,
            name => name == "response" && response.is_none(),
        };
        self.foretell(&self.output, &unknown, |name| response.filter(|_| name == "response"), context)
    }

    fn foretell<'a>(
        &'a self,
        rules: &'a Rules,
        unknown: &dyn Fn(&str) -> bool,
        value: impl Fn(&str) -> Option<&'a Value>,
        context: &'a CallContext,
    ) -> Foretold {
        let Some(environment) = self.environment.as_deref() else { return Foretold::Allows };
        let facts = rules.capture(context, value);
        let mut missing = BTreeSet::new();
        let mut changes = None;
        for rule in &rules.list {
            let outcome = match rule.variables().any(unknown) {
                true => rule.foresee_without(unknown, environment, &facts),
                false if rule.evaluate(environment, &facts) == Ok(false) => Foresight::Allows,
                false => Foresight::Denies,
            };
            match outcome {
                Foresight::Allows => {}
                Foresight::Denies if rule.action == Action::Deny => {
                    return Foretold::Denies(rule.label.clone(), rule.reason_or_default());
                }
                Foresight::Denies | Foresight::Depends if rule.action == Action::Ask => {
                    missing.insert(APPROVAL.to_owned());
                }
                Foresight::Denies => changes = changes.or_else(|| Some(rule.label.clone())),
                Foresight::Depends => {
                    missing.extend(rule.variables().filter(|name| unknown(name)).map(str::to_owned));
                }
            }
        }
        match changes {
            _ if !missing.is_empty() => Foretold::Depends(missing),
            Some(rule) => Foretold::Changes(rule),
            None => Foretold::Allows,
        }
    }

    /// Whether rules about rows read the caller.
    pub(crate) fn rows_depend_on_caller(&self) -> bool {
        self.row_rules().filter_map(|rule| rule.rows.as_ref()?.keep()).any(|keep| {
            let mut variables = keep.variables();
            variables.any(|name| name == "user")
        })
    }

    /// The label of the rule that was evaluated last, which is the one that denied.
    pub(crate) fn last_output_rule(&self, decision: &OutputDecision) -> Option<String> {
        let (index, _) = decision.trace.verdicts.last()?;
        self.output.list.get(*index).map(|rule: &Rule| rule.label.clone())
    }
}
