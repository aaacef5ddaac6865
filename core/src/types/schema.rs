//! Types as JSON Schema (2020-12).
//!
//! An input schema says what [`Parameters::bind`](super::Parameters::bind) takes in its plain forms, an output
//! schema everything that can leave: whatever [`Type::check_output`] lets through, and what output rules make
//! of it, is valid against it.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::{Form, Kind, RawType, Type};

/// What output rules may do to results, as far as their schema has to allow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputEffects {
    /// Properties of the result, or of the items of a list, that may be taken out. `a.b` is `b` inside of `a`.
    pub filtered: BTreeSet<String>,
    /// Properties of the result, or of the items of a list, that may become a text.
    pub masked: BTreeSet<String>,
    /// Whether whatever is `sensitive` may be taken out.
    pub filters_sensitive: bool,
}

/// What a schema is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum View<'a> {
    /// Arguments.
    Input,
    /// Results.
    Output {
        effects: &'a OutputEffects,
        /// Whether rules that name fields act on the properties here.
        named: bool,
    },
}

impl<'a> View<'a> {
    /// Where a schema stands in what [`or_masked`](Self::or_masked) makes of it.
    pub(super) const UNDER_MASK: &'static str = "/anyOf/0";

    pub(super) fn is_input(self) -> bool {
        matches!(self, View::Input)
    }

    /// The view of a list's items: rules that name fields act on the items of the result itself.
    pub(super) fn of_items(self, items: &Type) -> Self {
        match self {
            View::Input => View::Input,
            View::Output { effects, named } => View::Output {
                effects,
                named: named && matches!(items.kind, Kind::Object(_) | Kind::Schema(_)),
            },
        }
    }

    /// The view of a property, given what is [`inside`](Self::inside) of it.
    pub(super) fn of_property<'b>(self, inside: &'b OutputEffects) -> View<'b> {
        match self {
            View::Input => View::Input,
            View::Output { .. } => View::Output { effects: inside, named: true },
        }
    }

    /// What rules do inside of a property: those that name `property.something`.
    pub(super) fn inside(self, property: &str) -> OutputEffects {
        let View::Output { effects, named } = self else { return OutputEffects::default() };
        let strip = |names: &BTreeSet<String>| {
            let inner = |name: &String| Some(name.strip_prefix(property)?.strip_prefix('.')?.to_owned());
            if named { names.iter().filter_map(inner).collect() } else { BTreeSet::new() }
        };
        OutputEffects {
            filtered: strip(&effects.filtered),
            masked: strip(&effects.masked),
            filters_sensitive: effects.filters_sensitive,
        }
    }

    /// Whether null is valid: for arguments where they may be null, for results everywhere.
    pub(super) fn nulls(self, ty: &Type) -> bool {
        !self.is_input() || ty.nullable
    }

    /// Whether a rule may take values of a type out of where they are.
    pub(super) fn removes(self, ty: &Type) -> bool {
        matches!(self, View::Output { effects, .. } if effects.filters_sensitive && ty.sensitive)
    }

    /// Whether a rule may change something inside a value of a type.
    pub(super) fn alters(self, ty: &Type) -> bool {
        match self {
            View::Input => false,
            View::Output { effects, named } => {
                let named = named && matches!(ty.kind, Kind::Object(_) | Kind::Array(_) | Kind::Schema(_));
                (effects.filters_sensitive && ty.conceals)
                    || (named && !(effects.filtered.is_empty() && effects.masked.is_empty()))
            }
        }
    }

    /// Whether a rule may put a text in the place of a property.
    pub(super) fn masks(self, property: &str) -> bool {
        matches!(self, View::Output { effects, named: true } if effects.masked.contains(property))
    }

    /// Whether a rule may take a property out.
    pub(super) fn may_take_out(self, property: &str, ty: Option<&Type>) -> bool {
        let View::Output { effects, named } = self else {
            return false;
        };
        // What stands in the place of a masked object is no object, and goes with its sensitive parts.
        let conceals = |ty: &Type| ty.sensitive || (ty.conceals && self.masks(property));
        (named && effects.filtered.contains(property))
            || (effects.filters_sensitive && ty.is_some_and(conceals))
    }

    /// A property's schema that allows a mask as well; its description stays outside.
    pub(super) fn or_masked(self, mut schema: Map<String, Json>) -> Map<String, Json> {
        let description = schema.remove("description");
        let mut either = Map::new();
        if let Some(description) = description {
            either.insert("description".to_owned(), description);
        }
        either.insert("anyOf".to_owned(), json!([schema, {"type": "string"}]));
        either
    }
}

impl Type {
    /// The schema of a result as structured content. Its root is always an object: other kinds of results
    /// stand under `result` ([`Type::is_wrapped`]).
    #[must_use]
    pub fn output_schema(&self, effects: &OutputEffects) -> Json {
        let view = View::Output { effects, named: true };
        if !self.is_wrapped() {
            return Json::Object(self.describe(view, false, ""));
        }
        json!({
            "type": "object",
            "properties": {"result": self.describe(view, true, "/properties/result")},
            "required": ["result"],
        })
    }

    /// Whether structured content has the result under the key `result`, as only objects stand for themselves.
    #[must_use]
    pub fn is_wrapped(&self) -> bool {
        self.form() != Form::Object
    }

    /// The schema at `place`, a JSON pointer into the document that it becomes a part of.
    pub(super) fn describe(&self, view: View<'_>, nullable: bool, place: &str) -> Map<String, Json> {
        if let Kind::Schema(raw) = &self.kind {
            return self.describe_raw(raw, view, nullable, place);
        }
        let mut schema = Map::new();
        let mut words = vec![self.name()];
        if let Kind::String(string) = &self.kind
            && view.is_input()
            && string.takes_numbers()
        {
            words.insert(0, "number");
        }
        if nullable {
            words.push("null");
        }
        let words = if let [word] = words.as_slice() { json!(word) } else { json!(words) };
        schema.insert("type".to_owned(), words);
        if let Some(description) = &self.description {
            schema.insert("description".to_owned(), description.as_str().into());
        }
        if let Some(default) = self.default.as_ref().filter(|_| view.is_input()) {
            schema.insert("default".to_owned(), default.served.clone());
        }
        if !self.examples.is_empty() {
            schema.insert("examples".to_owned(), Json::Array(self.examples.clone()));
        }
        let scalar = !matches!(self.kind, Kind::Array(_) | Kind::Object(_));
        if let Some(choices) = self.choices.as_ref().filter(|_| scalar || !view.alters(self)) {
            let mut choices_served = choices.served().to_vec();
            if nullable && !choices.allow_null() {
                choices_served.push(Json::Null);
            }
            schema.insert("enum".to_owned(), Json::Array(choices_served));
        }
        match &self.kind {
            Kind::String(string) => string.describe(&mut schema, view),
            Kind::Number(number) => number.describe(&mut schema, view),
            Kind::Integer(integer) => integer.describe(&mut schema, view),
            Kind::Boolean => {}
            Kind::Array(array) => array.describe(&mut schema, view, place),
            Kind::Object(object) => object.describe(&mut schema, view, place),
            Kind::Schema(_) => {}
        }
        if let Some(header) = self.header.as_ref().filter(|_| view.is_input()) {
            schema.insert("x-mcp-header".to_owned(), header.as_str().into());
        }
        schema
    }

    /// A JSON Schema as its author wrote it, with what stands beside it in the definition.
    fn describe_raw(&self, raw: &RawType, view: View<'_>, nullable: bool, place: &str) -> Map<String, Json> {
        let mut schema = if view.removes(self) && self.is_wrapped() {
            // Null stands where all of it was taken out.
            Map::new()
        } else if view.alters(self) {
            raw.describe_altered()
        } else {
            // Results are null only where the schema says so.
            raw.describe(place, nullable && view.is_input())
        };
        if let Some(description) = &self.description {
            schema.insert("description".to_owned(), description.as_str().into());
        }
        if let Some(default) = self.default.as_ref().filter(|_| view.is_input()) {
            schema.insert("default".to_owned(), default.served.clone());
        }
        if !self.examples.is_empty() {
            schema.insert("examples".to_owned(), Json::Array(self.examples.clone()));
        }
        schema
    }
}

#[cfg(test)]
mod laws;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::compile;

    const ROW: &str = "{type: object, description: A row, required: [k, s], properties: {k: {type: integer, \
        description: Key, minimum: 1}, s: {type: string, sensitive: true}}}";

    #[test]
    fn objects_stand_for_themselves() {
        assert_eq!(
            compile(ROW).output_schema(&OutputEffects::default()),
            json!({
                "type": "object",
                "description": "A row",
                "properties": {
                    "k": {"type": ["integer", "null"], "description": "Key", "minimum": 1},
                    "s": {"type": ["string", "null"]},
                },
                "required": ["k", "s"],
                "additionalProperties": true,
            })
        );
    }

    #[test]
    fn other_results_are_wrapped() {
        assert_eq!(
            compile("{type: string, format: date, enum: ['2024-02-29']}")
                .output_schema(&OutputEffects::default()),
            json!({
                "type": "object",
                "properties": {"result": {"type": ["string", "null"], "enum": ["2024-02-29", null]}},
                "required": ["result"],
            })
        );
    }

    #[test]
    fn effects_of_rules_are_allowed_for() {
        let effects = OutputEffects {
            filtered: BTreeSet::from(["x".to_owned()]),
            masked: BTreeSet::from(["k".to_owned()]),
            filters_sensitive: true,
        };
        let schema =
            compile(&format!("{{type: array, uniqueItems: true, items: {ROW}}}")).output_schema(&effects);
        assert_eq!(
            schema["properties"]["result"],
            json!({
                "type": ["array", "null"],
                "items": {
                    "type": ["object", "null"],
                    "description": "A row",
                    "properties": {
                        "k": {
                            "description": "Key",
                            "anyOf": [{"type": ["integer", "null"], "minimum": 1}, {"type": "string"}],
                        },
                        "s": {"type": ["string", "null"]},
                    },
                    "required": ["k"],
                    "additionalProperties": true,
                },
            })
        );
    }
}
