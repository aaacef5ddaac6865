//! What each rule came to: for authors who ask why a call is decided the way it is, never for callers.

use super::rule::{Foresight, Rule};
use super::{PolicySet, RuleDescription, Rules, Stage, Trace};
use crate::call::CallContext;

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

impl PolicySet {
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
