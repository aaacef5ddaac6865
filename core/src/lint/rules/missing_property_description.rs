//! `missing-property-description`: an object doesn't say what a property holds.

use crate::diagnostic::Severity;
use crate::lint::subject::{Declared, Role, is_missing};
use crate::lint::{Remarks, Rule};

const CODE: &str = "missing-property-description";

pub(super) const IN_PARAMETERS: Rule = Rule {
    code: CODE,
    severity: Severity::Warning,
    check: |subject, remarks| check(&subject.input_types(), remarks),
};

pub(super) const IN_RETURN: Rule = Rule {
    code: CODE,
    severity: Severity::Warning,
    check: |subject, remarks| check(&subject.output_types(), remarks),
};

fn check(types: &[Declared<'_>], remarks: &mut Remarks) {
    for Declared { role, ty, place } in types {
        if let Role::Property(name) = role
            && is_missing(ty.description())
        {
            remarks.add(
                place.clone(),
                format!("Property '{name}' is missing a description"),
                "Add `description`: what the property holds",
            );
        }
    }
}
