//! Short ways to types and values for tests.

use super::json_schema::JsonSchema;
use super::{Parameters, Type};
use crate::call::{ArgumentError, UnknownArguments};
use crate::diagnostic::{Diagnostics, Severity};
use crate::schema::TypeDef;
use crate::source::SourceFile;
use crate::value::{Object, Value};
use crate::yaml::{DocPath, Document, Report};

/// Gives a definition in YAML to `act`, and what was found by then.
fn with_definition<D, T>(definition: &str, act: impl FnOnce(D, &mut Report<'_>) -> T) -> (T, Vec<String>)
where
    D: serde::de::DeserializeOwned,
{
    let mut findings = Diagnostics::new();
    let file = SourceFile::new("type.yml", definition);
    let document = Document::parse(&file, &mut findings).expect("YAML");
    let result =
        act(document.deserialize().expect("a definition"), &mut Report::new(&document, &mut findings));
    let texts = findings.iter().map(|finding| {
        let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
        format!("{severity} {}", finding.summary())
    });
    (result, texts.collect())
}

/// The type of a definition.
pub(crate) fn compile(definition: &str) -> Type {
    let (ty, findings) =
        with_definition(definition, |def: TypeDef, report| Type::compile(&def, &DocPath::root(), report));
    ty.unwrap_or_else(|| panic!("{findings:?}"))
}

/// What there is to say about a definition.
pub(crate) fn findings(definition: &str) -> Vec<String> {
    with_definition(definition, |def: TypeDef, report| drop(Type::compile(&def, &DocPath::root(), report))).1
}

/// A schema in JSON, or what is wrong with it.
pub(super) fn json_schema(written: &str) -> Result<JsonSchema, Vec<String>> {
    // Not as a part of the YAML, where `1e-8` is a text.
    let written = serde_json::from_str(written).expect("a JSON object");
    let (schema, findings) = with_definition("schema: {}", |_: TypeDef, report| {
        JsonSchema::compile(&written, &DocPath::root().key("schema"), report)
    });
    schema.ok_or(findings)
}

/// The parameters of a list of definitions, and what there is to say about it.
pub(crate) fn parameters(definitions: &str) -> (Parameters, Vec<String>) {
    with_definition(definitions, |defs: Vec<TypeDef>, report| {
        Parameters::compile(Some(&defs), &DocPath::root(), report)
    })
}

/// The parameters of a JSON Schema of all arguments, and what there is to say about it.
pub(super) fn argument_schema(written: &str) -> (Parameters, Vec<String>) {
    let written = serde_json::from_str(written).expect("a JSON object");
    with_definition("{}", |_: serde_json::Value, report| {
        Parameters::compile_schema(&written, &DocPath::root().key("input_schema"), report)
    })
}

/// A value of JSON text.
pub(crate) fn json(text: &str) -> Value {
    Value::parse_json(text).expect("JSON")
}

/// An object of JSON text.
pub(crate) fn object(text: &str) -> Object {
    json(text).as_object().cloned().expect("an object")
}

/// An argument converted by a type; the parameter's name is `a`.
pub(crate) fn convert(definition: &str, argument: &str) -> Result<Value, String> {
    bind(definition, argument)
        .map_err(|errors| errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("\n"))
}

/// The same with all about the errors.
pub(crate) fn bind(definition: &str, argument: &str) -> Result<Value, Vec<ArgumentError>> {
    let parameters = Parameters::of("a", compile(definition));
    let arguments: Object = [("a", json(argument))].into_iter().collect();
    parameters.bind(arguments, UnknownArguments::Refuse).map(|bound| bound.values.get("a").cloned().unwrap())
}
