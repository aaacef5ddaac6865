//! `contradicting-annotations`: a tool can't both change nothing and destroy something.

use crate::diagnostic::Severity;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "contradicting-annotations", severity: Severity::Warning, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(annotations) = &subject.endpoint.annotations else { return };
    if annotations.read_only_hint == Some(true) && annotations.destructive_hint == Some(true) {
        remarks.add(
            subject.place.key("annotations").key("destructiveHint"),
            "Tool is annotated both as read-only and as destructive",
            "Remove `destructiveHint`, which means something only where `readOnlyHint` is false, or correct \
             `readOnlyHint`",
        );
    }
}
