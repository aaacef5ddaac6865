//! `missing-test-description`: a test doesn't say what it shows.

use crate::diagnostic::Severity;
use crate::lint::subject::is_missing;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "missing-test-description", severity: Severity::Info, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (place, test) in subject.tests() {
        if is_missing(test.description.as_deref()) {
            remarks.add(
                place.key("description"),
                format!("Test '{}' is missing a description", test.name),
                "Add `description`: what the test shows",
            );
        }
    }
}
