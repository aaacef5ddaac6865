//! `missing-parameter-default`: every call has to give the parameter.

use crate::diagnostic::Severity;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "missing-parameter-default", severity: Severity::Info, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (place, parameter) in subject.parameters() {
        if parameter.ty.default().is_none() {
            remarks.add(
                place.key("default"),
                format!("Parameter '{}' has no default value", parameter.name),
                "Consider `default` if the parameter is optional; null is one too",
            );
        }
    }
}
