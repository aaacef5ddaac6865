//! `missing-parameter-description`: a model has to guess what a parameter takes.

use crate::diagnostic::Severity;
use crate::lint::subject::is_missing;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule =
    Rule { code: "missing-parameter-description", severity: Severity::Error, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (place, parameter) in subject.parameters() {
        if is_missing(parameter.ty.description()) {
            remarks.add(
                place.key("description"),
                format!("Parameter '{}' is missing a description", parameter.name),
                "Add `description`: what the value means, with its unit and form",
            );
        }
    }
}
