//! `example-mismatch`: an example that its own type refuses.

use serde_json::Value as Json;

use crate::diagnostic::Severity;
use crate::lint::subject::Declared;
use crate::lint::{Remarks, Rule, Subject};
use crate::types::Type;
use crate::value::Value;

pub(super) const RULE: Rule = Rule { code: "example-mismatch", severity: Severity::Warning, check };

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    compare(&subject.input_types(), |ty, example| ty.refuses(&Value::from_json(example.clone())), remarks);
    let refuses = |ty: &Type, example: &Json| ty.check_output(Value::from_json(example.clone())).err();
    compare(&subject.output_types(), refuses, remarks);
}

fn compare(types: &[Declared<'_>], refuses: impl Fn(&Type, &Json) -> Option<String>, remarks: &mut Remarks) {
    for Declared { ty, place, .. } in types {
        for (index, example) in ty.examples().iter().enumerate() {
            if let Some(problem) = refuses(ty, example) {
                remarks.add(
                    place.key("examples").index(index),
                    format!("Example does not fit its type: {problem}"),
                    "Correct the value in `examples`, or the type that refuses it",
                );
            }
        }
    }
}
