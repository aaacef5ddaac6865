//! What each rule came to: for authors who ask why a call is decided the way it is, never for callers.

use super::dissect::{self, Knowledge, Part};
use super::rule::{Foresight, Rule};
use super::user;
use super::{Effect, Environment, PolicySet, RuleDescription, Rules, Stage, Trace, arguments};
use crate::call::CallContext;
use crate::value::{Object, Value};

/// What a rule came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its condition holds; where nobody said which arguments, also that it will fail whatever they are.
    Holds,
    /// Its condition does not hold.
    DoesNotHold,
    /// Its condition can't be evaluated, which counts as if it held: what went wrong.
    Failed(String),
    /// The arguments decide, and nobody said which.
    Depends,
    /// It was not looked at, because an earlier rule denied the call, or because there was nothing to look at.
    NotReached,
}

/// A rule, and what it came to.
#[derive(Clone, Debug)]
pub struct ExplainedRule<'a> {
    /// The rule.
    pub rule: RuleDescription<'a>,
    /// What it came to.
    pub verdict: Verdict,
}

/// A rule, part by part.
#[derive(Clone, Debug, PartialEq)]
pub struct DissectedRule {
    /// How records name it: `input[0]`.
    pub label: String,
    /// Its condition; none if that has errors.
    pub condition: Option<Part>,
    /// What it makes of the rows of a result; none if it filters none, or there is no list.
    pub rows: Option<DissectedRows>,
    /// What it did to the fields of a result that is let out.
    pub effects: Vec<Effect>,
}

/// What a rule makes of the rows of a result, each on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct DissectedRows {
    /// How many rows it keeps.
    pub kept: usize,
    /// How many it drops, those included that can't be decided about.
    pub dropped: usize,
    /// The first row that it drops, counted from 0, and the expression part by part.
    pub first_dropped: Option<(usize, Part)>,
}

/// What is known of a call that conditions are taken apart for.
pub(crate) struct Answers<'a> {
    /// Its arguments.
    pub(crate) arguments: Option<&'a Object>,
    /// The result as the implementation gives it.
    pub(crate) given: Option<&'a Value>,
    /// The result with the rows that are let out.
    pub(crate) response: Option<&'a Value>,
    /// What each rule did to it, by label.
    pub(crate) effects: Vec<(&'a str, Vec<Effect>)>,
}

impl PolicySet {
    /// The rules part by part, in the order they are written in. `is_sensitive` says of which variables, or keys of
    /// them, the values must not be shown.
    pub(crate) fn dissect(
        &self,
        answers: &Answers<'_>,
        context: &CallContext,
        is_sensitive: &dyn Fn(&str, Option<&str>) -> bool,
    ) -> Vec<DissectedRule> {
        let Some(environment) = self.environment.as_deref() else { return Vec::new() };
        let arguments = answers.arguments.map(arguments::with_texts);
        let facts = self.input.capture(context, |name| arguments.as_ref()?.get(name));
        // Names that no author can spell are the evaluator's.
        let unknown = |name: &str| name != "user" && !name.starts_with('@') && arguments.is_none();
        let knowledge = Knowledge { environment, facts: &facts, unknown: &unknown, sensitive: is_sensitive };
        let input = self.input.list.iter().map(|rule| DissectedRule {
            label: rule.label.clone(),
            condition: dissect::dissect(rule.source(), &knowledge),
            rows: None,
            effects: Vec::new(),
        });
        let mut rules: Vec<_> = input.collect();
        rules.extend(self.output.list.iter().map(|rule| {
            // Rules about rows come first, and see what the implementation gave.
            let seen = if rule.rows.is_some() { answers.given } else { answers.response };
            let facts = self.output.capture(context, |name| seen.filter(|_| name == "response"));
            let unknown = |name: &str| name == "response" && seen.is_none();
            let knowledge =
                Knowledge { environment, facts: &facts, unknown: &unknown, sensitive: is_sensitive };
            let rows = match answers.given {
                Some(Value::Array(rows)) => rule.dissect_rows(rows, environment, context, is_sensitive),
                _ => None,
            };
            let condition = dissect::dissect(rule.source(), &knowledge);
            let effects = answers.effects.iter().find(|(label, _)| *label == rule.label);
            let effects = effects.map(|(_, effects)| effects.clone()).unwrap_or_default();
            DissectedRule { label: rule.label.clone(), condition, rows, effects }
        }));
        rules
    }

    /// What conditions know of the caller, without credentials.
    pub(crate) fn shown_user(&self, context: &CallContext) -> Object {
        user::shown(context.principal.as_deref())
    }

    /// The input rules with what they came to in a decision.
    pub(crate) fn explain_input(&self, trace: Trace) -> impl Iterator<Item = ExplainedRule<'_>> {
        self.input.explain(Stage::Input, trace.verdicts)
    }

    /// The output rules with what they came to in a decision; none if there was no result to decide about.
    pub(crate) fn explain_output(&self, trace: Option<Trace>) -> impl Iterator<Item = ExplainedRule<'_>> {
        self.output.explain(Stage::Output, trace.unwrap_or_default().verdicts)
    }

    /// The input rules with what they will come to whatever the arguments.
    pub(crate) fn foresee_input(&self, context: &CallContext) -> impl Iterator<Item = ExplainedRule<'_>> {
        let verdicts = self.environment.as_deref().map(|environment| {
            let facts = self.input.capture(context, |_| None);
            let verdict = |rule: &Rule| {
                let verdict = match rule.foresee(environment, &facts) {
                    Foresight::Denies => Verdict::Holds,
                    Foresight::Allows => Verdict::DoesNotHold,
                    Foresight::Depends => Verdict::Depends,
                };
                (rule.index, verdict)
            };
            self.input.list.iter().map(verdict).collect()
        });
        self.input.explain(Stage::Input, verdicts.unwrap_or_default())
    }
}

impl Rule {
    /// What it makes of rows, if it filters any.
    fn dissect_rows(
        &self,
        rows: &[Value],
        environment: &Environment,
        context: &CallContext,
        is_sensitive: &dyn Fn(&str, Option<&str>) -> bool,
    ) -> Option<DissectedRows> {
        let filter = self.rows.as_ref()?;
        let (kept, _) = filter.decide(rows, environment, context);
        let first = kept.iter().position(|kept| !kept);
        let first_dropped = first.and_then(|index| {
            let facts = filter.facts(rows.get(index)?, context);
            let knowledge =
                Knowledge { environment, facts: &facts, unknown: &|_| false, sensitive: is_sensitive };
            Some((index, dissect::dissect(filter.source(), &knowledge)?))
        });
        let kept = kept.into_iter().filter(|kept| *kept).count();
        Some(DissectedRows { kept, dropped: rows.len() - kept, first_dropped })
    }
}

impl Rules {
    /// Those without a verdict were not reached.
    fn explain(
        &self,
        stage: Stage,
        mut verdicts: Vec<(usize, Verdict)>,
    ) -> impl Iterator<Item = ExplainedRule<'_>> {
        self.list.iter().map(move |rule| {
            let given = verdicts.iter().position(|(index, _)| *index == rule.index);
            let verdict = given.map_or(Verdict::NotReached, |given| verdicts.swap_remove(given).1);
            ExplainedRule { rule: rule.describe(stage), verdict }
        })
    }
}
