//! Whether a definition and the function that implements it agree on types.
//!
//! *Inwards*, every argument that the definition lets through must have a value of the component's type; *outwards*,
//! every value of the component's type must be of the kind that the definition promises. Rules of a definition that are
//! narrower than the component's type are its own business: they are checked at each call. Integers of 64 bits are
//! wider than what limits in YAML can say, so their ends are checked at each call too.

mod inwards;
mod outwards;

use super::definition::definition;
use super::write::flow;
use super::{Function, Type, name};
use crate::diagnostic::{Code, Diagnostic};
use crate::types::{self, Parameters};
use crate::yaml::{DocPath, Report};

/// Reports everything that the endpoint at `path` and its function disagree on.
pub(crate) fn unify(
    function: &Function,
    parameters: &Parameters,
    returns: Option<&types::Type>,
    path: &DocPath,
    report: &mut Report<'_>,
) {
    let mut unifier = Unifier { report };
    unifier.arguments(function, parameters, path);
    if let Some(returns) = returns {
        unifier.result(function, returns, &path.key("return"));
    }
}

/// Collects what does not agree.
struct Unifier<'r, 'd> {
    report: &'r mut Report<'d>,
}

impl Unifier<'_, '_> {
    /// What the component has at `path` is `ty`, and the definition says otherwise.
    fn mismatch(&mut self, path: &DocPath, problem: impl Into<String>, ty: &Type) {
        let help = format!("the component has `{}` here: write `{}`", ty.describe(), flow(&definition(ty)));
        self.error(path, problem, help);
    }

    fn error(&mut self, path: &DocPath, problem: impl Into<String>, help: impl Into<String>) {
        self.report.add(path, Diagnostic::error(Code::ComponentType, problem).help(help));
    }

    fn warning(&mut self, path: &DocPath, problem: impl Into<String>, help: impl Into<String>) {
        self.report.add(path, Diagnostic::warning(Code::ComponentType, problem).help(help));
    }

    /// The kinds of the two are not the same.
    fn other_kind(&mut self, path: &DocPath, found: &types::Type, ty: &Type) {
        self.mismatch(path, format!("the component has `{}`, not {}", ty.describe(), found.name()), ty);
    }

    /// Names that mean the same name of the component.
    fn twins<'n>(&mut self, names: impl Iterator<Item = (&'n str, DocPath)>) {
        let mut seen: Vec<&str> = Vec::new();
        for (name, path) in names {
            match seen.iter().find(|other| name::same(other, name)) {
                Some(other) => {
                    let problem = format!("`{name}` and `{other}` are the same name for a component");
                    self.error(&path, problem, "`-` and `_` are not told apart: rename one of them");
                }
                None => seen.push(name),
            }
        }
    }
}

/// Where the parameter of this name and index is written.
fn place(parameters: &Parameters, index: usize, name: &str, path: &DocPath) -> DocPath {
    if parameters.is_schema() {
        path.key("input_schema").key("properties").key(name)
    } else {
        path.key("parameters").index(index)
    }
}

/// Whether a JSON Schema may mean values of the type, by the kind of JSON it says.
fn may_be(schema: &types::Type, ty: &Type) -> bool {
    let kinds: &[&str] = match ty {
        Type::Bool => &["boolean"],
        Type::S8 | Type::U8 | Type::S16 | Type::U16 | Type::S32 | Type::U32 | Type::S64 | Type::U64 => {
            &["integer", "number"]
        }
        Type::F32 | Type::F64 => &["number", "integer"],
        Type::Char | Type::String | Type::Enum(_) => &["string"],
        Type::List(item) if **item == Type::U8 => &["string", "array"],
        Type::List(_) | Type::Tuple(_) | Type::Flags(_) => &["array"],
        Type::Record(_) | Type::Variant(_) | Type::Result(..) => &["object"],
        Type::Option(inner) => return may_be(schema, inner),
    };
    schema.name() == "any" || kinds.contains(&schema.name())
}

/// Texts among the values that a type allows; none if it allows others.
fn choices(ty: &types::Type) -> Option<Vec<&str>> {
    let texts = ty.choices()?.iter().filter(|choice| !choice.is_null());
    texts.map(serde_json::Value::as_str).collect()
}

/// Of these words, those that are not among `known`.
fn strangers<'w>(words: &[&'w str], known: &[&str]) -> Vec<&'w str> {
    words.iter().copied().filter(|word| !known.iter().any(|other| name::same(other, word))).collect()
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
