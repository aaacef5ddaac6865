//! Mappings.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::fault::Fault;
use super::place::{Place, Problems};
use super::schema::View;
use super::{Type, json_schema, json_text};
use crate::diagnostic::Code;
use crate::schema::{ContentKind, TypeDef};
use crate::value::{Object, Value};
use crate::yaml::{DocPath, Report};

/// What only objects have.
#[derive(Clone, Debug)]
pub struct ObjectType {
    properties: Vec<Property>,
    required: Vec<Arc<str>>,
    additional: bool,
    content: Option<ContentKind>,
}

/// A declared property of an object.
#[derive(Clone, Debug)]
pub struct Property {
    name: Arc<str>,
    ty: Type,
    required: bool,
}

impl Property {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    #[must_use]
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// Whether the object must have it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }
}

impl ObjectType {
    pub(super) fn compile(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Option<Self> {
        let mut required: Vec<Arc<str>> = Vec::new();
        let mut needed = BTreeSet::new();
        for name in def.required.iter().flatten() {
            if needed.insert(name.as_str()) {
                required.push(name.as_str().into());
            }
        }
        let declared = def.properties.as_ref().map_or(&[][..], |properties| &properties.0);
        let known: BTreeSet<&str> = declared.iter().map(|(property, _)| property.as_str()).collect();
        for (index, name) in def.required.iter().flatten().enumerate() {
            if !known.contains(name.as_str()) {
                let message = format!("`required` names `{name}`, which is no property");
                report.warning(Code::InvalidValue, &path.key("required").index(index), message);
            }
        }
        let path = path.key("properties");
        let mut properties = Vec::with_capacity(declared.len());
        for (name, def) in declared {
            let Some(mut ty) = Type::compile(def, &path.key(name.as_str()), report) else {
                continue;
            };
            let required = needed.contains(name.as_str());
            // Absent, it would become null: so it may as well be given as null.
            ty.nullable |= !required && ty.default.is_none();
            properties.push(Property { name: name.as_str().into(), ty, required });
        }
        let additional = def.additional_properties.unwrap_or(true);
        (properties.len() == declared.len()).then_some(Self {
            properties,
            required,
            additional,
            content: def.content,
        })
    }

    /// The declared properties in order.
    #[must_use]
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    pub(super) fn properties_mut(&mut self) -> impl Iterator<Item = (&str, &mut Type)> {
        self.properties.iter_mut().map(|property| (&*property.name, &mut property.ty))
    }

    /// A declared property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| &*property.name == name)
    }

    /// The names that must be there, also those that are no declared property.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.required.iter().map(|name| &**name)
    }

    /// Whether other properties are allowed.
    #[must_use]
    pub fn additional_properties(&self) -> bool {
        self.additional
    }

    /// What it is to clients of MCP, if that is something else than an object.
    #[must_use]
    pub fn content(&self) -> Option<ContentKind> {
        self.content
    }

    pub(super) fn is_constrained(&self) -> bool {
        !self.required.is_empty()
    }

    /// From a mapping, or a text that holds one in JSON. The result has every declared property, in declared
    /// order, since SQL relies on the fields of a struct; absent ones are their default or null. Others follow.
    pub(super) fn convert(
        &self,
        value: Value,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Result<Value, Fault> {
        let value = match value {
            Value::String(text) => json_text::parse(text, "JSON object", place.levels_left())?,
            other => other,
        };
        let Value::Object(mut given) = value else {
            return Err(Fault::Expected { expected: "object", got: value });
        };
        if let Err(text) = self.check_required(&given) {
            problems.invalid(place, &text);
        }
        let mut converted = Object::with_capacity(self.properties.len().max(given.len()));
        for Property { name, ty, required } in &self.properties {
            let place = place.property(name, ty.is_sensitive());
            let value = match given.remove(name) {
                Some(value) => ty.convert(value, &place, problems),
                None if *required => Value::Null,
                None => match ty.absent(&place, problems) {
                    Some(default) => default,
                    None if problems.leaves_absent() => continue,
                    None => Value::Null,
                },
            };
            converted.push(Arc::clone(name), value);
        }
        for (name, value) in given {
            if !self.additional {
                problems.unexpected(place, &name);
            }
            converted.push(name, value);
        }
        Ok(Value::Object(converted))
    }

    pub(super) fn check(&self, value: &mut Value, objects: usize) -> Result<(), String> {
        let Value::Object(object) = value else {
            return Err(format!("Expected object, got {}", value.json_type()));
        };
        self.check_required(object)?;
        for Property { name, ty, .. } in &self.properties {
            if let Some(value) = object.get_mut(name) {
                ty.check(value, objects + 1).map_err(|text| format!("Property '{name}': {text}"))?;
            }
        }
        let mut others = object.keys().filter(|name| self.property(name).is_none());
        match others.next() {
            Some(name) if !self.additional => Err(format!("Unexpected property: {name}")),
            _ => Ok(()),
        }
    }

    fn check_required(&self, object: &Object) -> Result<(), String> {
        let missing: Vec<&str> = self.required().filter(|name| !object.contains_key(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("Missing required properties: {}", missing.join(", ")))
    }

    pub(super) fn describe(&self, schema: &mut Map<String, Json>, view: View<'_>, place: &str) {
        if !self.properties.is_empty() {
            let properties = self.properties.iter().map(|Property { name, ty, .. }| {
                let effects = view.inside(name);
                let inside = view.of_property(&effects);
                let mut place = json_schema::within(&format!("{place}/properties"), name);
                if view.masks(name) {
                    place.push_str(View::UNDER_MASK);
                }
                let described = ty.describe(inside, inside.nulls(ty), &place);
                (
                    name.to_string(),
                    Json::Object(if view.masks(name) { view.or_masked(described) } else { described }),
                )
            });
            schema.insert("properties".to_owned(), Json::Object(properties.collect()));
        }
        let required: Vec<Json> = self
            .required()
            .filter(|name| !view.may_take_out(name, self.property(name).map(Property::ty)))
            .map(Json::from)
            .collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), Json::Array(required));
        }
        schema.insert("additionalProperties".to_owned(), self.additional.into());
    }
}

#[cfg(test)]
mod tests {
    use crate::types::testing::{bind, compile, convert, findings, json};

    const ORDER: &str = "{type: object, required: [k, l], additionalProperties: false, \
        properties: {k: {type: integer}, l: {type: string}, m: {type: integer, default: '7'}, n: {type: string}}}";

    #[test]
    fn fills_declared_properties_in_declared_order() {
        assert_eq!(
            convert(ORDER, r#"{"l": "x", "k": "1"}"#),
            Ok(json(r#"{"k": 1, "l": "x", "m": 7, "n": null}"#))
        );
        assert_eq!(
            convert("{type: object, properties: {k: {type: integer}}}", r#""{\"z\": 1, \"k\": \"2\"}""#),
            Ok(json(r#"{"k": 2, "z": 1}"#))
        );
    }

    #[test]
    fn tells_everything_that_is_wrong() {
        let errors = bind(ORDER, r#"{"m": "x", "y": 1, "z": 2}"#).unwrap_err();
        let told: Vec<_> =
            errors.iter().map(|error| (error.pointer.as_str(), error.message.as_str())).collect();
        assert_eq!(
            told,
            [
                ("/a", "Error validating parameter 'a': Missing required properties: k, l"),
                ("/a/m", r#"Error validating parameter 'a.m': Expected integer, got "x""#),
                ("/a/y", "Error validating parameter 'a': Unexpected property: y"),
                ("/a/z", "Error validating parameter 'a': Unexpected property: z"),
            ]
        );
    }

    #[test]
    fn refuses_what_is_no_mapping() {
        for (given, text) in [
            (r#""x""#, "Invalid JSON object: x"),
            ("[1]", "Expected object, got [1]"),
            (r#""[1]""#, "Expected object, got [1]"),
            (r#""null""#, "Expected object, got null"),
        ] {
            assert_eq!(
                convert("type: object", given),
                Err(format!("Error validating parameter 'a': {text}"))
            );
        }
    }

    #[test]
    fn never_shows_what_may_hold_a_secret() {
        let definition =
            "{type: object, properties: {pin: {type: integer, sensitive: true}, n: {type: integer}}}";
        assert_eq!(
            convert(definition, r#"{"pin": "hunter2", "n": "x"}"#),
            Err("Error validating parameter 'a.pin': Expected integer, got string\n\
                 Error validating parameter 'a.n': Expected integer, got \"x\""
                .into())
        );
        assert_eq!(
            convert(definition, r#""pin=hunter2""#),
            Err("Error validating parameter 'a': Invalid JSON object".into())
        );
        let nested = "{type: object, sensitive: true, properties: {n: {type: integer}}}";
        assert_eq!(
            convert(nested, r#"{"n": "hunter2"}"#),
            Err("Error validating parameter 'a.n': Expected integer, got string".into())
        );
    }

    #[test]
    fn optional_properties_may_be_null_unless_their_default_is_something_else() {
        let definition = "{type: object, properties: {a: {type: integer, minimum: 1}, b: {type: integer, minimum: 1, default: 5}}}";
        assert_eq!(convert(definition, r#"{"a": null}"#), Ok(json(r#"{"a": null, "b": 5}"#)));
        assert!(convert(definition, r#"{"b": null}"#).is_err());
    }

    #[test]
    fn results_are_checked_by_property() {
        let object = compile(
            "{type: object, required: [x], properties: {x: {type: integer}, o: {type: object, properties: {y: {type: string}}}}}",
        );
        for good in [r#"{"x": null}"#, r#"{"extra": [1], "x": 1}"#, r#"{"x": 1, "o": {"y": "t"}}"#] {
            assert_eq!(object.check_output(json(good)), Ok(json(good)));
        }
        for (bad, text) in [
            (r#"{"x": "1"}"#, "Property 'x': Expected integer, got string"),
            (r#"{"x": 1, "o": {"y": 1}}"#, "Property 'o': Property 'y': Expected string, got integer"),
            ("{}", "Missing required properties: x"),
            ("[]", "Expected object, got array"),
        ] {
            assert_eq!(object.check_output(json(bad)), Err(text.to_owned()));
        }
        let closed = compile("{type: object, additionalProperties: false, properties: {x: {type: integer}}}");
        assert_eq!(closed.check_output(json(r#"{"z": 1}"#)), Err("Unexpected property: z".into()));
    }

    #[test]
    fn warns_of_required_names_without_a_property() {
        assert_eq!(
            findings("{type: object, required: [a, b], properties: {a: {type: string}}}"),
            ["warning required.1: `required` names `b`, which is no property"]
        );
    }

    #[test]
    fn reports_every_broken_property() {
        let found = findings(
            "{type: object, properties: {a: {type: string, pattern: '('}, b: {type: array, items: {type: number, multipleOf: -1}}}}",
        );
        assert_eq!(
            found,
            [
                "error properties.a.pattern: invalid pattern: unclosed group",
                "error properties.b.items.multipleOf: Input should be greater than 0",
            ]
        );
    }
}
