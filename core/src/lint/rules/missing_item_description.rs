//! `missing-item-description`: a list doesn't say what is in it.

use crate::diagnostic::Severity;
use crate::lint::subject::{Declared, Role, is_missing};
use crate::lint::{Remarks, Rule, Subject};

const CODE: &str = "missing-item-description";

pub(super) const IN_PARAMETERS: Rule = Rule {
    code: CODE,
    severity: Severity::Warning,
    check: |subject, remarks| check(&subject.input_types(), remarks),
};

pub(super) const IN_RETURN: Rule = Rule {
    code: CODE,
    severity: Severity::Warning,
    check: |subject: &Subject<'_>, remarks| check(&subject.output_types(), remarks),
};

fn check(types: &[Declared<'_>], remarks: &mut Remarks) {
    for Declared { ty, place, .. } in types.iter().filter(|declared| declared.role == Role::Items) {
        if is_missing(ty.description()) {
            remarks.add(
                place.clone(),
                format!("Type '{}' is missing a description", ty.name()),
                "Add `description` to `items`: what each of them is",
            );
        }
    }
}
