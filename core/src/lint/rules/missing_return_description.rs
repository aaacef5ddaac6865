//! `missing-return-description`: a declared result doesn't say what it is.

use crate::diagnostic::Severity;
use crate::lint::subject::is_missing;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "missing-return-description", severity: Severity::Warning, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    if let Some(returns) = &subject.endpoint.returns
        && is_missing(returns.description())
    {
        remarks.add(
            subject.place.key("return").key("description"),
            "Return type is missing a description",
            "Add `description` to `return`: what comes back, and in which order",
        );
    }
}
