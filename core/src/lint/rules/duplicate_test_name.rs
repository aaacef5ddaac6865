//! `duplicate-test-name`: two tests that reports can't tell apart.

use std::collections::BTreeSet;

use crate::diagnostic::Severity;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "duplicate-test-name", severity: Severity::Info, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let mut seen = BTreeSet::new();
    for (place, test) in subject.tests() {
        if !seen.insert(test.name.as_str()) {
            remarks.add(
                place.key("name"),
                format!("Test '{}' has the name of an earlier one", test.name),
                "Give each test a `name` of its own, so that reports tell them apart",
            );
        }
    }
}
