//! `missing-annotations`: a client can't tell whether a tool is safe to call.

use crate::definition::Kind;
use crate::diagnostic::Severity;
use crate::lint::{Remarks, Rule, Subject};
use crate::schema::Annotations;

pub(super) const RULE: Rule = Rule { code: "missing-annotations", severity: Severity::Info, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    if subject.endpoint.kind == Kind::Tool && subject.endpoint.annotations.as_ref().is_none_or(is_empty) {
        remarks.add(
            subject.place.key("annotations"),
            "Tool has no behavioral annotations",
            "Consider `annotations` such as readOnlyHint and idempotentHint: clients ask less before a call",
        );
    }
}

fn is_empty(annotations: &Annotations) -> bool {
    let Annotations { title, read_only_hint, destructive_hint, idempotent_hint, open_world_hint } =
        annotations;
    let hints = [read_only_hint, destructive_hint, idempotent_hint, open_world_hint];
    title.is_none() && hints.into_iter().all(Option::is_none)
}
