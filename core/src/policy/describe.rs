//! What listings say about rules.

use super::rows::RowFilter;
use super::rule::Rule;
use super::{PolicySet, Rules};
use crate::schema::Action;

/// A rule as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct RuleDescription<'a> {
    /// How records name it: `input[0]`.
    pub label: &'a str,
    /// When it is decided.
    pub stage: Stage,
    /// Its CEL condition.
    pub condition: &'a str,
    /// What happens if the condition holds, or can't be evaluated.
    pub action: Action,
    /// What the caller is told.
    pub reason: Option<&'a str>,
    /// The keys it acts on.
    pub fields: &'a [String],
    /// Which rows it keeps: a CEL expression.
    pub keep: Option<&'a str>,
}

/// When a rule is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before the endpoint runs.
    Input,
    /// When the result is known.
    Output,
}

impl PolicySet {
    /// The rules in the order they are decided in.
    pub fn rules(&self) -> impl Iterator<Item = RuleDescription<'_>> {
        fn of(stage: Stage, rules: &Rules) -> impl Iterator<Item = RuleDescription<'_>> {
            rules.list.iter().map(move |rule| rule.describe(stage))
        }
        of(Stage::Input, &self.input).chain(of(Stage::Output, &self.output))
    }
}

impl Rule {
    /// Its condition as written.
    pub(super) fn source(&self) -> &str {
        // The record is the label, a colon, a space and the condition.
        self.record.get(self.label.len() + 2..).unwrap_or_default()
    }

    pub(super) fn describe(&self, stage: Stage) -> RuleDescription<'_> {
        RuleDescription {
            label: &self.label,
            stage,
            condition: self.source(),
            action: self.action,
            reason: self.reason.as_deref(),
            fields: &self.fields,
            keep: self.rows.as_ref().map(RowFilter::source),
        }
    }
}
