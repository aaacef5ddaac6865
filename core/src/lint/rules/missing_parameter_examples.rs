//! `missing-parameter-examples`: a parameter shows no values.

use crate::diagnostic::Severity;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "missing-parameter-examples", severity: Severity::Info, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (place, parameter) in subject.parameters() {
        if parameter.ty.examples().is_empty() {
            remarks.add(
                place.key("examples"),
                format!("Parameter '{}' has no examples", parameter.name),
                "Consider `examples`: a model copies their form",
            );
        }
    }
}
