//! `missing-description`: the endpoint doesn't say what it is for.

use crate::diagnostic::Severity;
use crate::lint::subject::is_missing;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "missing-description", severity: Severity::Warning, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    if is_missing(subject.endpoint.description.as_deref()) {
        remarks.add(
            subject.place.key("description"),
            format!("{} is missing a description", subject.title()),
            "Add `description`: it is what a model goes by when it decides what to use",
        );
    }
}
