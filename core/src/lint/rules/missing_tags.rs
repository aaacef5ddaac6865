//! `missing-tags`: the endpoint has no labels.

use crate::diagnostic::Severity;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "missing-tags", severity: Severity::Info, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    if subject.endpoint.tags.is_empty() {
        remarks.add(
            subject.place.key("tags"),
            format!("{} has no tags", subject.title()),
            "Consider `tags`: they group endpoints where there are many",
        );
    }
}
