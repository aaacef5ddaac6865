//! Policies: rules that are compiled when a project loads and decided around each call.
//!
//! A rule is a CEL condition and an action (spec `policies.md`). On the way in a rule denies, or asks: a person must
//! approve the call. On the way out there are also those that remove or mask parts of the result. Whatever goes wrong in
//! a condition counts as "it holds": a rule that can't be evaluated denies, asks, filters or masks.
//!
//! The parts:
//!
//! * [`Environment`]: what conditions can call, made once per generation;
//! * [`check`]: what can be known of a condition before any call, reported to the author;
//! * [`PolicySet`]: the rules of one endpoint, in order;
//! * [`Visibility`]: what they say before there are arguments;
//! * `rows`: the rules about the rows of a result, which come before all others;
//! * `dissect` and `review`: for authors, why rules say what they say, and what they say of calls in the past;
//! * `limits`: why no condition can end or stall the process;
//! * `cel`: the only place that evaluates, and knows the CEL crate.

mod action;
mod approval;
mod arguments;
mod cel;
pub mod check;
mod describe;
mod dissect;
mod effect;
mod explain;
mod limits;
mod review;
mod row_test;
mod rows;
mod rule;
mod user;
mod visibility;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

pub(crate) use approval::Foreseen;
pub use cel::Environment;
pub(crate) use cel::parse_duration;
pub use describe::{RuleDescription, Stage};
pub use dissect::{Outcome, Part};
pub use effect::{Change, Effect};
pub(crate) use explain::Answers;
pub use explain::{DissectedRows, DissectedRule, ExplainedRule, Verdict};
pub(crate) use review::{Foretold, Known};
pub use row_test::{Comparison, RowTest};
pub(crate) use rows::ROW;
pub use rows::RowsDecision;
pub(crate) use user::known;
pub use visibility::Visibility;

use cel::Facts;
use check::Scope;
use rule::{Rule, Section};

use crate::call::CallContext;
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{Action, Policies};
use crate::value::{Object, Value};
use crate::yaml::{DocPath, Report};

/// The compiled rules of one endpoint.
#[derive(Debug, Default)]
pub struct PolicySet {
    declared: bool,
    hide: bool,
    input: Rules,
    output: Rules,
    environment: Option<Arc<Environment>>,
    /// What [`PolicySet::digest`] found.
    digest: OnceLock<String>,
}

/// The rules of one section, in order.
#[derive(Debug, Default)]
struct Rules {
    list: Vec<Rule>,
    /// The names of the variables they read: nothing else is converted for them.
    variables: BTreeSet<String>,
}

/// Whether an endpoint's `return` is `sensitive`, or names parts that could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnsInfo {
    /// It has `properties` or `items`, or is sensitive as a whole.
    Structured,
    /// It is neither, or there is no `return`.
    Unstructured,
}

/// What output rules may do to a result, whatever their conditions say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Names that `filter_fields` may remove.
    pub filtered: BTreeSet<String>,
    /// Names whose values `mask_fields` may replace by a string.
    pub masked: BTreeSet<String>,
    /// Whether everything sensitive may be removed.
    pub filters_sensitive: bool,
}

/// What was evaluated, for the audit record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// `input[0]: <condition>` for every rule that was evaluated, in order.
    pub evaluated: Vec<String>,
    /// `input[0]: <what went wrong>` for every rule that could not be.
    pub errors: Vec<String>,
    /// What each rule that was evaluated came to, by its number within its section.
    pub verdicts: Vec<(usize, Verdict)>,
}

/// What the input rules say of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputDecision {
    /// The reason, if the call is denied.
    pub denied: Option<String>,
    /// What a person must be asked first, if the call is not denied.
    pub asks: Vec<String>,
    /// What was evaluated.
    pub trace: Trace,
}

/// What the output rules make of a result.
#[derive(Clone, Debug)]
pub struct OutputDecision {
    /// The result as the caller may see it, or the reason why not at all.
    pub result: Result<Value, String>,
    /// The last action taken on the result.
    pub changed_by: Option<Action>,
    /// What was evaluated.
    pub trace: Trace,
}

impl PolicySet {
    /// Compiles the rules at `path` (that of the key `policies`); what is wrong with them goes to `report`.
    ///
    /// `input` has the endpoint's parameters, `output` has `response`, `rows` has `row` and is none where a result is no
    /// list; all get `user`.
    pub fn compile(
        written: Option<&Policies>,
        environment: &Arc<Environment>,
        (input, output, rows): (&Scope, &Scope, Option<&Scope>),
        returns: ReturnsInfo,
        path: &DocPath,
        report: &mut Report<'_>,
    ) -> Self {
        let Some(written) = written else {
            return Self::default();
        };
        report_idle_hide(written, path, report);
        let mut compile = |section: Section, rules: Option<&Vec<crate::schema::Rule>>, scope: &Scope| {
            let (scope, path) = (scope.with_user(), path.key(section.as_str()));
            let rows = rows.map(Scope::with_user);
            let rules = rules.into_iter().flatten().enumerate();
            let rules = rules.map(|(index, written)| {
                let path = path.index(index);
                let rule = Rule::compile(written, section, index, (&scope, rows.as_ref()), &path, report);
                let has_rows = rows.is_some();
                report_without_effect(&rule, written, (section, returns, has_rows), &path, report);
                rule
            });
            Rules::new(rules.collect())
        };
        Self {
            declared: true,
            hide: written.hide == Some(true),
            input: compile(Section::Input, written.input.as_ref(), input),
            output: compile(Section::Output, written.output.as_ref(), output),
            digest: OnceLock::new(),
            environment: Some(Arc::clone(environment)),
        }
    }

    /// Whether there are no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.list.is_empty() && self.output.list.is_empty()
    }

    /// Whether there is a `policies` block, even an empty one.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        self.declared
    }

    /// What the output rules may do.
    #[must_use]
    pub fn effects(&self) -> Effects {
        let named = |action: Action| {
            let rules = self.output.list.iter().filter(move |rule| rule.action == action);
            rules.flat_map(|rule| rule.fields.iter().cloned()).collect()
        };
        Effects {
            filtered: named(Action::FilterFields),
            masked: named(Action::MaskFields),
            filters_sensitive: self
                .output
                .list
                .iter()
                .any(|rule| rule.action == Action::FilterSensitiveFields),
        }
    }

    /// Decides whether a call may run. The first `deny` that holds ends it; every `ask` that holds is asked.
    #[must_use]
    pub fn decide_input(&self, arguments: &Object, context: &CallContext) -> InputDecision {
        let mut decision = InputDecision::default();
        let Some(environment) = self.environment.as_deref().filter(|_| !self.input.list.is_empty()) else {
            return decision;
        };
        let arguments = arguments::with_texts(arguments);
        let facts = self.input.capture(context, |name| arguments.get(name));
        for rule in &self.input.list {
            if !decision.trace.holds(rule, environment, &facts) {
                continue;
            }
            match rule.action {
                Action::Deny => {
                    decision.denied = Some(rule.reason_or_default());
                    decision.asks.clear();
                    break;
                }
                Action::Ask => decision.asks.push(rule.reason_or_default()),
                _ => {}
            }
        }
        decision
    }

    /// Decides what the caller sees of a result whose rows are decided ([`PolicySet::admit_rows`]). All conditions see the result as it is given; actions
    /// accumulate, and the first `deny` that holds ends it. `remove_sensitive` removes what the endpoint's
    /// `return` marks as sensitive.
    #[must_use]
    pub fn apply_output(
        &self,
        response: Value,
        context: &CallContext,
        remove_sensitive: &dyn Fn(Value) -> Value,
    ) -> OutputDecision {
        let (actions, trace) = self.actions(&response, context);
        match actions {
            Err(reason) => OutputDecision { result: Err(reason), changed_by: None, trace },
            Ok(actions) => {
                let changed_by = actions.last().map(|rule| rule.action);
                let act = |value, rule: &Rule| rule.act(value, remove_sensitive);
                OutputDecision { result: Ok(actions.into_iter().fold(response, act)), changed_by, trace }
            }
        }
    }

    /// What each rule does to a result whose rows are decided, by the labels of those that change it; nothing if it is
    /// held back.
    pub(crate) fn effects_on(
        &self,
        response: &Value,
        context: &CallContext,
        remove_sensitive: &dyn Fn(Value) -> Value,
    ) -> Vec<(&str, Vec<Effect>)> {
        let mut value = response.clone();
        let mut effects = Vec::new();
        for rule in self.actions(response, context).0.unwrap_or_default() {
            let before = value.clone();
            value = rule.act(value, remove_sensitive);
            effects.push((rule.label.as_str(), effect::between(&before, &value)));
        }
        effects
    }

    /// The rules that change a result, in their order; the reason if one of them holds it back.
    fn actions(&self, response: &Value, context: &CallContext) -> (Result<Vec<&Rule>, String>, Trace) {
        let mut trace = Trace::default();
        let mut actions = Vec::new();
        let Some(environment) = self.environment.as_deref().filter(|_| !self.output.list.is_empty()) else {
            return (Ok(actions), trace);
        };
        let facts = self.output.capture(context, |name| (name == "response").then_some(response));
        // Those that filter rows have had their turn: `admit_rows`.
        for rule in self.output.list.iter().filter(|rule| rule.action != Action::FilterRows) {
            if !trace.holds(rule, environment, &facts) {
                continue;
            }
            // Nobody is asked about a result: such a rule is refused at load, and would hold the result back.
            if matches!(rule.action, Action::Deny | Action::Ask) {
                return (Err(rule.reason_or_default()), trace);
            }
            actions.push(rule);
        }
        (Ok(actions), trace)
    }
}

impl Rule {
    /// Does to a result what it says.
    fn act(&self, mut value: Value, remove_sensitive: &dyn Fn(Value) -> Value) -> Value {
        match self.action {
            Action::FilterFields => action::filter(&mut value, &self.fields),
            Action::MaskFields => action::mask(&mut value, &self.fields),
            Action::FilterSensitiveFields => value = remove_sensitive(value),
            Action::Deny | Action::Ask | Action::FilterRows => {}
        }
        value
    }
}

impl Rules {
    fn new(list: Vec<Rule>) -> Self {
        let variables = list.iter().flat_map(Rule::variables).map(str::to_owned).collect();
        Self { list, variables }
    }

    /// The values of the variables they read.
    fn capture<'a>(
        &'a self,
        context: &'a CallContext,
        value: impl Fn(&str) -> Option<&'a Value>,
    ) -> Facts<'a> {
        let mut facts = Facts::new(context.now);
        for name in &self.variables {
            if name == "user" {
                facts.add_user(name, context.principal.as_deref());
            } else if let Some(value) = value(name) {
                facts.add(name, value);
            }
        }
        facts
    }
}

impl Trace {
    /// Appends what was evaluated afterwards.
    pub(crate) fn add(&mut self, later: Trace) {
        self.evaluated.extend(later.evaluated);
        self.errors.extend(later.errors);
        self.verdicts.extend(later.verdicts);
    }

    /// Evaluates a rule. It holds if its condition does, and if that can't be said.
    fn holds(&mut self, rule: &Rule, environment: &Environment, facts: &Facts<'_>) -> bool {
        self.evaluated.push(rule.record.clone());
        let verdict = match rule.evaluate(environment, facts) {
            Ok(true) => Verdict::Holds,
            Ok(false) => Verdict::DoesNotHold,
            Err(error) => {
                self.errors.push(format!("{}: {error}", rule.label));
                Verdict::Failed(error)
            }
        };
        let holds = verdict != Verdict::DoesNotHold;
        self.verdicts.push((rule.index, verdict));
        holds
    }
}

/// Reports that nothing is hidden where nothing is denied before a call.
fn report_idle_hide(written: &Policies, path: &DocPath, report: &mut Report<'_>) {
    let denies = |rule: &crate::schema::Rule| rule.action == Action::Deny;
    if written.hide == Some(true) && !written.input.iter().flatten().any(denies) {
        let message = "policies.hide: nothing can be hidden without `input` rules that deny";
        let help = "say under `input` whom the endpoint is denied to";
        let warning = Diagnostic::warning(Code::PolicyWithoutEffect, message);
        report.add(&path.key("hide"), warning.help(help));
    }
}

/// Reports an action that can do nothing where it stands.
fn report_without_effect(
    rule: &Rule,
    written: &crate::schema::Rule,
    (section, returns, has_rows): (Section, ReturnsInfo, bool),
    path: &DocPath,
    report: &mut Report<'_>,
) {
    let action = rule.action.as_str();
    let place = format!("policies.{}", rule.label);
    let (key, message, help) = match rule.action {
        action if written.keep.is_some() && action != Action::FilterRows => (
            "where",
            format!("{place}: `where` has no effect with `{}`", action.as_str()),
            "use `filter_rows`, or say it in the `condition`",
        ),
        Action::Deny => return,
        Action::Ask if section == Section::Input => return,
        Action::Ask => (
            "action",
            format!("{place}: `{action}` has no effect on output"),
            "use `deny`, or move the rule to `input`",
        ),
        _ if section == Section::Input => (
            "action",
            format!("{place}: `{action}` has no effect on input"),
            "use `deny`, or move the rule to `output`",
        ),
        Action::FilterFields | Action::MaskFields if rule.fields.is_empty() => {
            let key = if report.document().node(&path.key("fields")).is_some() { "fields" } else { "action" };
            (key, format!("{place}: `{action}` has no effect without `fields`"), "name the keys in `fields`")
        }
        Action::FilterRows if written.keep.is_none() => (
            "action",
            format!("{place}: `{action}` has no effect without `where`"),
            "say in `where` which rows are kept, as in `row.region == user.region`",
        ),
        Action::FilterRows if !has_rows => (
            "action",
            format!("{place}: `{action}` has no effect where `return` is no list"),
            "use `deny`, or let the endpoint return an `array`",
        ),
        Action::FilterSensitiveFields if returns == ReturnsInfo::Unstructured => (
            "action",
            format!("{place}: `{action}` has no effect without a `return` with `properties` or `items`"),
            "declare the parts of the result in `return`, and mark those that are `sensitive: true`",
        ),
        _ => return,
    };
    report.add(&path.key(key), Diagnostic::error(Code::PolicyWithoutEffect, message).help(help));
}

#[cfg(test)]
mod tests;
