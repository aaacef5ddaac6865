//! Rules in words.

mod condition;

use mxcp_core::policy::{PolicySet, RuleDescription, Stage};
use mxcp_core::schema::Action;
use serde::Serialize;

use self::condition::Condition;
use crate::prose::Prose;

/// One rule.
#[derive(Debug, Serialize)]
pub(crate) struct Rule {
    /// What it does, in a sentence.
    sentence: Prose,
    /// What a caller is told whom it refuses, or a person is asked.
    reason: Option<String>,
    /// The condition as written.
    condition: String,
    /// Whether its reason is a question for a person.
    asks: bool,
    /// Which rows it keeps, as written.
    keep: Option<String>,
    /// Whether it refuses calls, rather than change results.
    denies: bool,
}

/// The rules of an endpoint in the order they are decided in.
pub(crate) fn rules(policies: &PolicySet) -> Vec<Rule> {
    let acts = |action| matches!(action, Action::Deny | Action::Ask);
    let rules = policies.rules().filter(|rule| rule.stage == Stage::Output || acts(rule.action));
    rules.map(|rule| Rule::of(&rule)).collect()
}

impl Rule {
    fn of(rule: &RuleDescription<'_>) -> Self {
        let condition = rule.condition.trim();
        let start = Prose::default();
        let fields = || rule.fields.iter().cloned();
        let what = match (rule.action, rule.stage) {
            (Action::Deny, Stage::Input) => start.text("Denies the call"),
            (Action::Ask, _) => start.text("Asks a person to approve the call"),
            (Action::Deny, Stage::Output) => start.text("Withholds the result"),
            (Action::FilterFields, _) => {
                start.text("Removes ").codes(fields(), "and").text(" from the result")
            }
            (Action::MaskFields, _) => {
                start.text("Shows ").code("****").text(" in place of ").codes(fields(), "and")
            }
            (Action::FilterSensitiveFields, _) => start.text("Removes what is sensitive from the result"),
            (Action::FilterRows, _) => match rule.keep.and_then(Condition::parse) {
                Some(keep) => start.text("Shows only the rows of which this holds: ").then(keep.statement()),
                None => start.text("Shows only some of the rows"),
            },
        };
        let when = match Condition::parse(condition) {
            // For everybody.
            _ if condition == "true" && rule.action == Action::FilterRows => Prose::default(),
            Some(condition) => condition.clause(),
            None => Prose::default().text(" if this condition holds"),
        };
        Self {
            sentence: what.then(when).text("."),
            reason: rule
                .reason
                .filter(|_| matches!(rule.action, Action::Deny | Action::Ask))
                .map(str::to_owned),
            condition: condition.to_owned(),
            asks: rule.action == Action::Ask,
            keep: rule.keep.map(str::to_owned),
            denies: rule.action == Action::Deny,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing;

    fn said(policies: &str) -> Vec<String> {
        let registry = testing::registry(&[(
            "tools/t.yml",
            &format!(
                "tool: {{name: t, parameters: [{{name: limit, type: integer}}], source: {{code: SELECT 1}}, policies: {policies}}}"
            ),
        )]);
        let endpoint = registry.endpoints().next().unwrap();
        rules(&endpoint.policies).iter().map(|rule| rule.sentence.plain()).collect()
    }

    #[test]
    fn every_action_has_a_sentence() {
        let condition = "condition: \"user.role != 'admin'\"";
        let unless = "unless the caller's `role` is `admin`.";
        assert_eq!(
            said(&format!(
                "{{input: [{{{condition}, action: deny}}, {{{condition}, action: ask}}], output: [{{{condition}, action: deny}}, \
                 {{{condition}, action: filter_fields, fields: [a, b]}}, \
                 {{{condition}, action: mask_fields, fields: [c]}}]}}"
            )),
            [
                format!("Denies the call {unless}"),
                format!("Asks a person to approve the call {unless}"),
                format!("Withholds the result {unless}"),
                format!("Removes `a` and `b` from the result {unless}"),
                format!("Shows `****` in place of `c` {unless}"),
            ]
        );
    }

    #[test]
    fn rules_about_rows_say_which_are_shown() {
        assert_eq!(
            said(
                "{output: [{action: filter_rows, where: row.region == user.region}, \
                 {condition: \"user.role != 'admin'\", action: filter_rows, where: row.n * 2 > 3}]}"
            ),
            [
                "Shows only the rows of which this holds: `row.region` is the caller's `region`.",
                "Shows only some of the rows unless the caller's `role` is `admin`.",
            ]
        );
    }

    #[test]
    fn what_has_no_words_is_left_to_the_code() {
        assert_eq!(
            said("{input: [{condition: 'limit * 2 > 100', action: deny}]}"),
            ["Denies the call if this condition holds."]
        );
    }
}
