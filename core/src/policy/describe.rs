//! What listings say about rules.

use serde_json::{Value as Json, json};

use super::rows::RowFilter;
use super::rule::Rule;
use super::{PolicySet, Rules};
use crate::lock::Digest;
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

    /// The SHA-256 of the rules, as `mxcp.lock` writes digests; none if there is no section of them. It is that of a JSON array:
    /// whether the endpoint hides itself, and then of each rule in order a list of its label, condition, action, reason, fields
    /// and `where`.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        let digest = || {
            let rules: Vec<_> = self.rules().map(|rule| rule.to_json()).collect();
            Digest::of(json!([self.hide, rules]).to_string().as_bytes()).to_string()
        };
        self.declared.then(|| self.digest.get_or_init(digest).as_str())
    }
}

impl RuleDescription<'_> {
    fn to_json(self) -> Json {
        json!([self.label, self.condition, self.action.as_str(), self.reason, self.fields, self.keep])
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
