//! `tool-name`: a name that MCP advises against (SEP-986).

use crate::definition::Kind;
use crate::diagnostic::Severity;
use crate::lint::{Remarks, Rule, Subject};

pub(super) const RULE: Rule = Rule { code: "tool-name", severity: Severity::Warning, check };

/// Most characters of a tool's name.
const LONGEST: usize = 128;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let name = &subject.endpoint.name;
    let fits = |char: char| char.is_ascii_alphanumeric() || "_-.".contains(char);
    if subject.endpoint.kind == Kind::Tool && (name.chars().count() > LONGEST || !name.chars().all(fits)) {
        remarks.add(
            subject.place.key("name"),
            format!("Tool name '{name}' is not of the form that MCP asks for"),
            "Give a `name` of 1 to 128 characters, each a letter from a to z or A to Z, a digit, `_`, `-` or `.`",
        );
    }
}
