//! What policies decided, as spans. They are made from the core's own account of its decision: a condition's value is told, and never what
//! it looked at.

use std::time::Duration;

use mxcp_core::policy::{ExplainedRule, Stage, Verdict};
use mxcp_core::schema::Action;
use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Array, KeyValue, StringValue, Value};

use super::{Stretch, Tree, number};
use crate::call::{End, Notes, Outcome};
use crate::tracer::Failure;

/// The rules of one section, and what came of them.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    stage: Stage,
    declared: usize,
    rules: Vec<&'a ExplainedRule<'a>>,
}

/// Sends the spans of both sections.
pub(super) fn send(tree: &Tree<'_>, notes: &Notes) {
    if let Some(section) = Section::of(tree.end, Stage::Input) {
        section.send(tree, Stretch(Duration::ZERO, notes.prepared.unwrap_or(tree.duration)));
    }
    let begun = match &notes.outcome {
        Some((begun, Outcome::Done(_))) => Some(*begun),
        // It had its result at once.
        None if notes.recalled == Some(true) => notes.prepared,
        _ => None,
    };
    if let Some(begun) = begun
        && let Some(section) = Section::of(tree.end, Stage::Output)
    {
        section.send(tree, Stretch(begun, tree.duration));
    }
}

impl<'a> Section<'a> {
    /// The rules of a section, if any of them was looked at.
    pub(crate) fn of(end: &'a End<'_>, stage: Stage) -> Option<Self> {
        let rules: Vec<_> = end.rules.iter().filter(|rule| rule.rule.stage == stage).collect();
        if rules.is_empty() {
            return None;
        }
        let declared = end.endpoint?.policies.rules().filter(|rule| rule.stage == stage).count();
        Some(Self { stage, declared, rules })
    }

    pub(crate) fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Input => "input",
            Stage::Output => "output",
        }
    }

    /// What the rules that hold come to.
    pub(crate) fn decision(&self) -> &'static str {
        let action = |wanted: &[Action]| self.holding().any(|rule| wanted.contains(&rule.rule.action));
        match self.stage {
            _ if self.is_denied() => "deny",
            Stage::Input if action(&[Action::Ask]) => "ask",
            Stage::Output if self.holding().next().is_some() => "warn",
            _ => "allow",
        }
    }

    /// Whether a rule denied the call or its result.
    pub(crate) fn is_denied(&self) -> bool {
        self.denying().is_some()
    }

    fn denying(&self) -> Option<(usize, &'a ExplainedRule<'a>)> {
        let (last, rule) = self.rules.iter().enumerate().next_back()?;
        let denies = holds(rule) && rule.rule.action == Action::Deny;
        denies.then_some((last, *rule))
    }

    fn holding(&self) -> impl Iterator<Item = &'a ExplainedRule<'a>> {
        self.rules.iter().copied().filter(|rule| holds(rule))
    }

    fn send(&self, tree: &Tree<'_>, stretch: Stretch) {
        let id = tree.tracer.span_id();
        let mut attributes = vec![
            KeyValue::new("mxcp.policy.count", number(self.declared)),
            KeyValue::new("mxcp.policy.has_user", tree.facts.provider.is_some()),
            KeyValue::new("mxcp.policy.decision", self.decision()),
            KeyValue::new("mxcp.policy.evaluated_count", number(self.rules.len())),
        ];
        if self.stage == Stage::Output {
            attributes.push(KeyValue::new("mxcp.policy.has_endpoint_def", true));
        }
        if let Some((place, _)) = self.denying() {
            attributes.push(KeyValue::new("mxcp.policy.denied_at", number(place)));
        }
        if let Some(rule) = self.holding().last() {
            attributes.push(KeyValue::new("mxcp.policy.action_applied", rule.rule.action.as_str()));
        }
        let name = match self.stage {
            Stage::Input => "mxcp.policy.enforce_input",
            Stage::Output => "mxcp.policy.enforce_output",
        };
        let denied = self.is_denied().then_some(Failure { class: "PolicyEnforcementError", text: None });
        let status = denied.map_or(Status::Unset, |failure| tree.tracer.status(failure));
        tree.send((id, Some(tree.ids.endpoint)), name, stretch, attributes, (Vec::new(), status));
        for rule in &self.rules {
            self.send_rule(tree, rule, id, stretch);
        }
    }

    fn send_rule(
        &self,
        tree: &Tree<'_>,
        rule: &ExplainedRule<'_>,
        parent: SpanId,
        Stretch(begun, ended): Stretch,
    ) {
        let described = &rule.rule;
        let mut attributes = vec![
            KeyValue::new("mxcp.policy.condition", described.condition.to_owned()),
            KeyValue::new("mxcp.policy.action", described.action.as_str()),
            KeyValue::new("mxcp.policy.denied", holds(rule) && described.action == Action::Deny),
        ];
        match rule.verdict {
            Verdict::Holds => attributes.push(KeyValue::new("mxcp.policy.condition_result", true)),
            Verdict::DoesNotHold => attributes.push(KeyValue::new("mxcp.policy.condition_result", false)),
            _ => {}
        }
        if holds(rule) {
            attributes.push(KeyValue::new("mxcp.policy.action_applied", described.action.as_str()));
            attributes.extend(
                described.reason.map(|reason| KeyValue::new("mxcp.policy.reason", reason.to_owned())),
            );
            if !described.fields.is_empty() {
                let fields = described.fields.iter().map(|field| StringValue::from(field.clone())).collect();
                attributes
                    .push(KeyValue::new("mxcp.policy.fields_filtered", Value::Array(Array::String(fields))));
            }
        }
        // The text can quote what the condition looked at.
        let told = match &rule.verdict {
            Verdict::Failed(text) => {
                tree.told(Some(Failure { class: "PolicyEvaluationError", text: Some(text) }), ended)
            }
            _ => (Vec::new(), Status::Unset),
        };
        let index = described.label.split_once('[').map_or("0", |(_, rest)| rest.trim_end_matches(']'));
        let name = format!("mxcp.policy.evaluate_{}[{index}]", self.stage());
        tree.send((tree.tracer.span_id(), Some(parent)), name, Stretch(begun, ended), attributes, told);
    }
}

/// Whether its action is taken: a condition that can't be evaluated counts as if it held.
fn holds(rule: &ExplainedRule<'_>) -> bool {
    matches!(rule.verdict, Verdict::Holds | Verdict::Failed(_))
}
