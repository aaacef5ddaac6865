//! `missing-tests`: nothing shows that the endpoint works.

use crate::diagnostic::Severity;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "missing-tests", severity: Severity::Warning, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    if subject.has_tests() && subject.endpoint.tests.is_empty() {
        remarks.add(
            subject.place.key("tests"),
            format!("{} has no tests defined", subject.title()),
            "Add at least one test to `tests`, which `mxcp test` runs",
        );
    }
}
