//! What is different for a project that was written for the reference implementation, MXCP 0.12.
//!
//! Each area is a file with its [`Rule`]s as data and the search for places that they apply to. Everything is found in the
//! texts of the project: no engine is started, no reference followed, no test run. `docs/upgrade.md` lists the rules; a test
//! compares it with [`rules`].

mod checks;
mod configuration;
mod definitions;
mod diagnosed;
mod evals;
mod everywhere;
mod found;
mod place;
mod policies;
mod prompts;
mod python;
mod rule;
mod subject;
mod surroundings;
mod texts;
mod types;
mod user_file;

use mxcp_core::diagnostic::Diagnostics;

pub(crate) use everywhere::EVERYWHERE;
pub(crate) use found::{Found, Group};
pub(crate) use rule::{Effect, Rule};
pub(crate) use subject::Subject;

use crate::project::SITE_FILE;

/// Looks for every difference that shows in the files of a project.
pub(crate) fn check(subject: &Subject) -> Found {
    let mut found = Found::default();
    diagnosed::find(subject, &mut found);
    definitions::find(subject, &mut found);
    prompts::find(subject, &mut found);
    types::find(subject, &mut found);
    checks::find(subject, &mut found);
    policies::find(subject, &mut found);
    configuration::find(subject, &mut found);
    user_file::find(subject, &mut found);
    python::find(subject, &mut found);
    evals::find(subject, &mut found);
    surroundings::find(subject, &mut found);
    found.sort(&rules().collect::<Vec<_>>());
    found
}

/// What there is to say where the site file can't be used: nothing else can be looked at then.
pub(crate) fn of_site_file(findings: &Diagnostics) -> Found {
    let mut found = Found::default();
    for finding in findings {
        found.diagnostic(diagnosed::rule_of(finding), SITE_FILE, finding);
    }
    found.sort(&rules().collect::<Vec<_>>());
    found
}

/// Every rule there is, in the order in which they are told: what may open or close something comes first.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        diagnosed::RULES,
        policies::RULES,
        user_file::RULES,
        configuration::RULES,
        definitions::RULES,
        prompts::RULES,
        types::RULES,
        checks::RULES,
        python::RULES,
        evals::RULES,
        surroundings::RULES,
        EVERYWHERE,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_code_of_its_own_and_says_everything() {
        let mut codes = BTreeSet::new();
        for rule in rules() {
            assert!(codes.insert(rule.code), "{} is there twice", rule.code);
            let plain = |c: char| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit();
            assert!(rule.code.chars().all(plain), "{}", rule.code);
            for text in [rule.was, rule.now, rule.todo] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: `{text}`", rule.code);
            }
        }
    }

    /// The codes in the tables of the guide: the first cell of a row, alone between backticks.
    fn documented(guide: &str) -> BTreeSet<&str> {
        guide
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(code, _)| code)
            .collect()
    }

    #[test]
    fn the_upgrade_guide_lists_exactly_the_rules() {
        let guide = include_str!("../../docs/upgrade.md");
        let codes: BTreeSet<&str> = rules().map(|rule| rule.code).collect();
        assert_eq!(documented(guide), codes);
    }

    #[test]
    fn the_upgrade_guide_says_what_was_and_what_is() {
        let guide = include_str!("../../docs/upgrade.md");
        for rule in rules() {
            let [was, now, todo] = [rule.was, rule.now, rule.todo].map(|text| text.replace('|', "\\|"));
            let row = format!("| `{}` | {was} | {now} | {todo} |", rule.code);
            assert!(guide.contains(&row), "docs/upgrade.md lacks:\n{row}");
        }
    }
}
