//! The list of failures that are expected.
//!
//! The file is YAML of the simplest kind: a revision, quoted, then `scenario: reason` or `scenario:check: reason`
//! below it, one per line.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

/// Reasons by entry, by revision.
#[derive(Debug)]
pub(crate) struct Expectations {
    revisions: BTreeMap<String, BTreeMap<String, String>>,
}

impl Expectations {
    /// Reads the list; anything that is not understood is an error.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut revisions: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut current = None;
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            if let Some(revision) =
                line.strip_prefix('"').and_then(|line| line.trim_end().strip_suffix("\":"))
            {
                current = Some(revisions.entry(revision.to_owned()).or_default());
                continue;
            }
            let (entry, reason) = line
                .strip_prefix("  ")
                .and_then(|line| line.split_once(": "))
                .map(|(entry, reason)| (entry.trim(), reason.trim()))
                .filter(|(entry, reason)| !entry.is_empty() && !reason.is_empty())
                .with_context(|| format!("line {number} is no `scenario: reason`"))?;
            let entries =
                current.as_mut().with_context(|| format!("line {number} stands before any revision"))?;
            if entries.insert(entry.to_owned(), reason.to_owned()).is_some() {
                bail!("line {number}: `{entry}` is listed twice");
            }
        }
        Ok(Self { revisions })
    }

    /// Fails if the list speaks of a revision, or of something else, that is not run.
    pub(crate) fn refuse_others(&self, known: &[&str]) -> Result<()> {
        match self.revisions.keys().find(|revision| !known.contains(&revision.as_str())) {
            Some(revision) => bail!("the expected failures name what is not run: {revision}"),
            None => Ok(()),
        }
    }

    /// Why a check is expected to fail, if it is.
    pub(crate) fn reason(&self, revision: &str, scenario: &str, check: &str) -> Option<&str> {
        let entries = self.revisions.get(revision)?;
        let exact = entries.get(&format!("{scenario}:{check}"));
        exact.or_else(|| entries.get(scenario)).map(String::as_str)
    }

    /// Entries of a scenario of which nothing failed.
    pub(crate) fn passing(&self, revision: &str, scenario: &str, failed: &BTreeSet<&str>) -> Vec<&str> {
        self.entries(revision)
            .filter(|entry| match entry.split_once(':') {
                Some((of, check)) => of == scenario && !failed.contains(check),
                None => *entry == scenario && failed.is_empty(),
            })
            .collect()
    }

    /// Entries of scenarios that are not among the given ones.
    pub(crate) fn unknown(&self, revision: &str, scenarios: &[String]) -> Vec<&str> {
        let scenario_of = |entry: &str| entry.split(':').next().map(str::to_owned);
        self.entries(revision)
            .filter(|entry| scenario_of(entry).is_none_or(|scenario| !scenarios.contains(&scenario)))
            .collect()
    }

    fn entries(&self, revision: &str) -> impl Iterator<Item = &str> {
        self.revisions.get(revision).into_iter().flat_map(BTreeMap::keys).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Expectations;

    const LIST: &str = "# why\n\"2026-07-28\":\n  ping: not yet\n  stateless:no-log: needs logging: later\n";

    fn list() -> Expectations {
        Expectations::parse(LIST).unwrap()
    }

    #[test]
    fn finds_reasons_by_scenario_and_by_check() {
        let list = list();
        assert_eq!(list.reason("2026-07-28", "ping", "any"), Some("not yet"));
        assert_eq!(list.reason("2026-07-28", "stateless", "no-log"), Some("needs logging: later"));
        assert_eq!(list.reason("2026-07-28", "stateless", "other"), None);
        assert_eq!(list.reason("2025-11-25", "ping", "any"), None);
    }

    #[test]
    fn names_what_passes_though_listed() {
        let list = list();
        assert_eq!(list.passing("2026-07-28", "ping", &BTreeSet::new()), ["ping"]);
        assert!(list.passing("2026-07-28", "ping", &BTreeSet::from(["any"])).is_empty());
        assert_eq!(list.passing("2026-07-28", "stateless", &BTreeSet::from(["other"])), ["stateless:no-log"]);
    }

    #[test]
    fn names_what_no_scenario_matches() {
        assert_eq!(list().unknown("2026-07-28", &["stateless".to_owned()]), ["ping"]);
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for text in
            ["  a: b\n", "\"r\":\n  a\n", "\"r\":\n  a:\n", "r:\n  a: b\n", "\"r\":\n  a: b\n  a: c\n"]
        {
            assert!(Expectations::parse(text).is_err(), "{text}");
        }
        assert!(list().refuse_others(&["2025-11-25"]).is_err());
    }
}
