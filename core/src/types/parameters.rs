//! The parameters of an endpoint, and binding arguments to them.

mod filling;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::json_schema::{self, Budget, Finding, JsonSchema, Types};
use super::place::{Absent, Place, Problems};
use super::schema::View;
use super::{Kind, Type, caller, header, json_text, raw, redact_sensitive};
use crate::call::{ArgumentError, Claim, Principal, UnknownArguments};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::TypeDef;
use crate::value::{Object, Value};
use crate::yaml::{DocPath, Report};

/// One parameter of an endpoint.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// What of the caller it is filled in with. Nobody is told of such a parameter, and nobody may give it.
    pub claim: Option<Claim>,
}

impl Parameter {
    /// Whether a call must have it: it has no default.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.ty.default.is_none()
    }

    /// Whether callers give it, rather than it being filled in from who they are.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.claim.is_none()
    }
}

/// The parameters of an endpoint.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    list: Vec<Parameter>,
    declared: bool,
    /// One schema for all of them.
    whole: Option<Whole>,
}

/// A schema of all arguments together.
#[derive(Clone, Debug)]
struct Whole {
    schema: Arc<JsonSchema>,
    written: Arc<Map<String, Json>>,
}

/// Arguments that fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// A value for every parameter, in declared order, converted.
    pub values: Object,
    /// Names of arguments that are no parameters and were left out.
    pub dropped: Vec<String>,
}

impl Parameters {
    /// Compiles the list at `path`; what is wrong with it goes to `report`. A parameter with errors is left
    /// out, so the result is only of use if the report has none.
    pub fn compile(defs: Option<&[TypeDef]>, path: &DocPath, report: &mut Report<'_>) -> Self {
        let mut parameters = Self { list: Vec::new(), declared: defs.is_some(), whole: None };
        let mut names = BTreeSet::new();
        for (index, def) in defs.unwrap_or_default().iter().enumerate() {
            let path = path.index(index);
            let ty = Type::compile(def, &path, report);
            let claim = caller::compile(def, &path, report);
            let at = path.key("name");
            let Some(name) = &def.name else {
                report.add(&at, Diagnostic::error(Code::MissingKey, "Field required"));
                continue;
            };
            if let Some(problem) = name_problem(name) {
                report.error(Code::InvalidValue, &at, format!("Value error, {problem}"));
            } else if names.contains(name) {
                report.error(Code::InvalidValue, &at, format!("Duplicate parameter name '{name}'"));
            } else if let Some(ty) = ty {
                names.insert(name);
                parameters.list.push(Parameter { name: name.as_str().into(), ty, claim });
            }
        }
        if parameters.iter().any(|parameter| header::is_named_by(&parameter.ty)) {
            let place = |name: &str| {
                let named = |def: &TypeDef| def.name.as_deref() == Some(name);
                defs.and_then(|defs| defs.iter().position(named))
                    .map_or(path.clone(), |index| path.index(index))
            };
            header::check(&parameters.input_schema(), place, report);
        }
        parameters
    }

    /// Compiles a JSON Schema of all arguments, written at `path`. Its `properties` are the parameters. Those
    /// that it does not require have their `default` when they are absent, else null. Those of which it says
    /// `sensitive: true` are.
    pub fn compile_schema(written: &Map<String, Json>, path: &DocPath, report: &mut Report<'_>) -> Self {
        let none = Self { list: Vec::new(), declared: true, whole: None };
        if written.get("type").and_then(Json::as_str) != Some("object") {
            let problem =
                Diagnostic::error(Code::InvalidValue, "arguments are an object, and the schema must say so");
            report.add(path, problem.help("begin it with `type: object`"));
        }
        let root = Json::Object(written.clone());
        caller::refuse_in_schema(&root, path, report);
        let Some(schema) = JsonSchema::compile(written, path, report) else { return none };
        let required = written.get("required").and_then(Json::as_array);
        let mut list = Vec::new();
        for (name, types) in schema.properties() {
            if let Some(problem) = name_problem(name) {
                let at = path.key("properties").key(name);
                report.add_at_key(
                    &at,
                    Diagnostic::error(Code::InvalidValue, format!("Value error, {problem}")),
                );
            }
            let own = written.get("properties").and_then(|properties| properties.get(name)?.as_object());
            let own = own.cloned().unwrap_or_default();
            let required = required.is_some_and(|required| required.iter().any(|other| other == name));
            let ty = Type::part(types, own, required);
            let default = ty.default().filter(|default| !default.is_null());
            if let Some(problem) = default.and_then(|default| {
                schema.refuses_property(name, default, &Place::root(name, ty.is_sensitive()))
            }) {
                let at = path.key("properties").key(name).key("default");
                let problem = format!("default does not fit its schema: {problem}");
                report.warning(Code::InvalidDefault, &at, problem);
            }
            list.push(Parameter { name: name.into(), ty, claim: None });
        }
        if header::mentions(&root) {
            header::check(&root, |name| path.key("properties").key(name), report);
        }
        let whole = Whole { schema: Arc::new(schema), written: Arc::new(written.clone()) };
        Self { list, whole: Some(whole), ..none }
    }

    /// The parameters in declared order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.list.iter()
    }

    /// The parameters that callers give, in declared order.
    pub fn given(&self) -> impl Iterator<Item = &Parameter> {
        self.list.iter().filter(|parameter| parameter.is_given())
    }

    /// The parameters, to be changed.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Parameter> {
        self.list.iter_mut()
    }

    /// A parameter by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.list.iter().find(|parameter| &*parameter.name == name)
    }

    /// The names in declared order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.list.iter().map(|parameter| &*parameter.name)
    }

    /// Whether the definition has a list of parameters at all, even an empty one.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        self.declared
    }

    /// Whether one JSON Schema says what all of them are.
    #[must_use]
    pub fn is_schema(&self) -> bool {
        self.whole.is_some()
    }

    /// Converts and validates arguments of nobody in particular, the same way wherever they come from.
    ///
    /// # Errors
    /// Everything that is wrong: parameters that are missing (in declared order), arguments that are no
    /// parameters, then what is wrong with values.
    pub fn bind(&self, arguments: Object, unknown: UnknownArguments) -> Result<Bound, Vec<ArgumentError>> {
        self.bind_with(arguments, unknown, Absent::Null, None)
    }

    /// The same, for an implementation that has its own way with optional properties, and for a caller.
    ///
    /// # Errors
    /// As [`Parameters::bind`].
    pub fn bind_with(
        &self,
        mut arguments: Object,
        unknown: UnknownArguments,
        absent: Absent,
        caller: Option<&Principal>,
    ) -> Result<Bound, Vec<ArgumentError>> {
        if let Some(whole) = &self.whole {
            return self.bind_whole(whole, arguments);
        }
        let mut problems = Problems::of(absent);
        let mut filled = self.fill(&mut arguments, absent, caller, &mut problems);
        for parameter in self.given().filter(|parameter| parameter.is_required()) {
            if !arguments.contains_key(&parameter.name) {
                problems.missing(&parameter.name);
            }
        }
        let mut given: Vec<_> = self.list.iter().map(|parameter| arguments.remove(&parameter.name)).collect();
        let dropped: Vec<String> = arguments.keys().map(|name| name.to_string()).collect();
        if unknown == UnknownArguments::Refuse {
            dropped.iter().for_each(|name| problems.unknown(name));
        }
        let mut values = Object::with_capacity(self.list.len());
        for (Parameter { name, ty, claim }, given) in self.list.iter().zip(&mut given) {
            if claim.is_some() {
                if let Some(value) = filled.remove(name) {
                    values.push(Arc::clone(name), value);
                }
                continue;
            }
            let place = Place::root(name, ty.is_sensitive());
            let value = match given.take() {
                None => ty.absent(&place, &mut problems),
                Some(value) => match json_text::limit_depth(&value, place.levels_left()) {
                    Ok(()) => Some(ty.convert(value, &place, &mut problems)),
                    Err(fault) => {
                        problems.invalid(&place, &fault.text(true));
                        None
                    }
                },
            };
            if let Some(value) = value {
                values.push(Arc::clone(name), value);
            }
        }
        match problems.finish() {
            None => Ok(Bound { values, dropped }),
            Some(problems) => Err(problems),
        }
    }

    /// The schema itself says which arguments it does not know of; those that it lets pass are left out.
    fn bind_whole(&self, whole: &Whole, arguments: Object) -> Result<Bound, Vec<ArgumentError>> {
        let mut problems = Problems::new();
        // What is wrong may be said of all arguments together, so one that is sensitive makes all so.
        let root = Place::arguments(self.list.iter().any(|parameter| parameter.ty.is_sensitive()));
        let mut given = Object::with_capacity(arguments.len());
        for (name, value) in arguments {
            let place = root.property(&name, false);
            let types = match self.get(&name).map(|parameter| &parameter.ty.kind) {
                Some(Kind::Schema(raw)) => raw.types(),
                _ => Types::ALL,
            };
            let value = json_text::limit_depth(&value, place.levels_left())
                .and_then(|()| raw::from_text(value, types, place.levels_left()));
            match value {
                Ok(value) => given.push(Arc::clone(&name), value),
                Err(fault) => problems.invalid(&place, &fault.text(true)),
            }
        }
        if let Some(problems) = problems.finish() {
            return Err(problems);
        }
        let mut problems = Problems::new();
        let given = Value::Object(given);
        whole.schema.check(&given, &root, &mut |place, finding| {
            match finding {
                Finding::Missing(names) if place.is_whole() => {
                    names.iter().for_each(|name| problems.missing(name));
                }
                Finding::Unexpected(name) if place.is_whole() => problems.unknown(&name),
                Finding::Unexpected(name) => problems.unexpected(place, &name),
                other => problems.invalid(place, &other.text()),
            }
            Budget::More
        });
        if let Some(problems) = problems.finish() {
            return Err(problems);
        }
        let Value::Object(mut given) = given else { return Err(Vec::new()) };
        let mut values = Object::with_capacity(self.list.len());
        for Parameter { name, ty, .. } in &self.list {
            let absent = || ty.default().cloned().unwrap_or(Value::Null);
            values.push(Arc::clone(name), given.remove(name).unwrap_or_else(absent));
        }
        Ok(Bound { values, dropped: given.keys().map(ToString::to_string).collect() })
    }

    /// The arguments as they may be kept: what is sensitive is [`REDACTED`](super::REDACTED). Arguments that
    /// are no parameters stay as they are.
    #[must_use]
    pub fn redact(&self, arguments: &Object) -> Object {
        let redact = |(name, value): (&Arc<str>, _)| match self.get(name) {
            Some(parameter) => (Arc::clone(name), redact_sensitive(value, &parameter.ty)),
            None => (Arc::clone(name), value.clone()),
        };
        arguments.iter().map(redact).collect()
    }

    /// The schema of the arguments that callers give, first those that they must give. Unknown ones are dropped over MCP, so it
    /// doesn't forbid them, except where there are no parameters at all, which `additionalProperties: false` says best.
    #[must_use]
    pub fn input_schema(&self) -> Json {
        if let Some(whole) = &self.whole {
            return Json::Object(Map::clone(&whole.written));
        }
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        let (required, optional): (Vec<_>, Vec<_>) =
            self.given().partition(|parameter| parameter.is_required());
        let properties = required.iter().chain(&optional).map(|Parameter { name, ty, .. }| {
            let place = json_schema::within("/properties", name);
            (name.to_string(), Json::Object(ty.describe(View::Input, ty.is_nullable(), &place)))
        });
        schema.insert("properties".to_owned(), Json::Object(properties.collect()));
        if !required.is_empty() {
            let required: Vec<Json> = required.iter().map(|parameter| (*parameter.name).into()).collect();
            schema.insert("required".to_owned(), Json::Array(required));
        }
        if self.given().next().is_none() {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        Json::Object(schema)
    }

    #[cfg(test)]
    pub(super) fn of(name: &str, ty: Type) -> Self {
        Self { list: vec![Parameter { name: name.into(), ty, claim: None }], declared: true, whole: None }
    }
}

/// What is wrong with a parameter's name.
fn name_problem(name: &str) -> Option<&'static str> {
    let first = name.chars().next();
    match first {
        None => Some("Parameter name cannot be empty"),
        Some(first) if !(first.is_alphabetic() || first == '_') => {
            Some("Parameter name must start with a letter or underscore")
        }
        Some(_) if !name.chars().all(|char| char.is_alphanumeric() || char == '_') => {
            Some("Parameter name must contain only alphanumeric characters or underscores")
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
