//! Types that authors write as JSON Schema.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::fault::Fault;
use super::json_schema::{Budget, Finding, JsonSchema, Types, rerooted};
use super::place::{Place, Problems};
use super::render::render_in_place;
use super::{Type, json_text};
use crate::diagnostic::Code;
use crate::schema::TypeDef;
use crate::value::Value;
use crate::yaml::{DocPath, Report};

/// What only a type has that is written as JSON Schema. Nothing is converted but a text that holds JSON where
/// the schema allows no text, as command lines give it.
#[derive(Clone, Debug)]
pub struct RawType {
    schema: Arc<JsonSchema>,
    written: Arc<Map<String, Json>>,
}

impl RawType {
    pub(super) fn compile(
        def: &TypeDef,
        written: &Map<String, Json>,
        path: &DocPath,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let mut sound = true;
        for key in keys_beside(def) {
            let problem = format!("`{key}` can't stand beside `schema`");
            let help = "say it in the schema; beside it go `name`, `description`, `default`, `examples` and `sensitive`";
            let diagnostic = crate::diagnostic::Diagnostic::error(Code::InvalidValue, problem).help(help);
            report.add_at_key(&path.key(key), diagnostic);
            sound = false;
        }
        let schema = JsonSchema::compile(written, &path.key("schema"), report)?;
        sound.then(|| Self { schema: Arc::new(schema), written: Arc::new(written.clone()) })
    }

    /// A part of a larger schema, of which nothing is checked here but the types.
    pub(super) fn part(types: Types, written: Map<String, Json>) -> Self {
        Self { schema: Arc::new(JsonSchema::of_types(types)), written: Arc::new(written) }
    }

    /// The schema as written.
    #[must_use]
    pub fn written(&self) -> &Map<String, Json> {
        &self.written
    }

    /// The types that its `type` allows.
    pub(super) fn types(&self) -> Types {
        self.schema.types()
    }

    /// Whether a value is valid.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        self.schema.accepts(value)
    }

    pub(super) fn convert(
        &self,
        value: Value,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Result<Value, Fault> {
        let value = from_text(value, self.types(), place.levels_left())?;
        self.schema.check(&value, place, &mut |place, finding| {
            match finding {
                Finding::Unexpected(name) => problems.unexpected(place, &name),
                other => problems.invalid(place, &other.text()),
            }
            Budget::More
        });
        Ok(value)
    }

    /// A schema speaks of JSON, so the value is JSON from here on.
    pub(super) fn check(&self, value: &mut Value, ty: &Type, objects: usize) -> Result<(), String> {
        render_in_place(value, Some(ty), objects);
        let mut result = Ok(());
        // Results say of which type a wrong value is, not what it is.
        let place = Place::root("", true);
        self.schema.check(value, &place, &mut |place, finding| {
            result = Err(format!("{}{}", place.result_words(), finding.text()));
            Budget::Enough
        });
        result
    }

    /// The schema for a place inside of another document; null is allowed beside it if it must be.
    pub(super) fn describe(&self, place: &str, nullable: bool) -> Map<String, Json> {
        let schema =
            if place.is_empty() { Map::clone(&self.written) } else { rerooted(&self.written, place) };
        if !nullable || self.schema.accepts(&Value::Null) {
            return schema;
        }
        let schema = rerooted(&self.written, &format!("{place}/anyOf/0"));
        Map::from_iter([("anyOf".to_owned(), json!([schema, {"type": "null"}]))])
    }

    /// What is left to say where rules change values inside: its type.
    pub(super) fn describe_altered(&self) -> Map<String, Json> {
        self.types().word().map(|word| ("type".to_owned(), word.into())).into_iter().collect()
    }
}

/// A text given where none is allowed, as the JSON it holds; anything else as it is.
///
/// # Errors
/// The JSON in the text is nested deeper than `levels`.
pub(super) fn from_text(value: Value, types: Types, levels: usize) -> Result<Value, Fault> {
    let Value::String(text) = &value else { return Ok(value) };
    if types.overlaps(Types::STRING) {
        return Ok(value);
    }
    match json_text::parse(text.clone(), "JSON", levels) {
        // The schema says best what it is not.
        Err(Fault::Invalid { .. }) => Ok(value),
        parsed => parsed,
    }
}

/// The keywords of typed definitions, which a schema has no use for.
fn keys_beside(def: &TypeDef) -> impl Iterator<Item = &'static str> {
    [
        ("type", def.kind.is_some()),
        ("format", def.format.is_some()),
        ("enum", def.enumeration.is_some()),
        ("minLength", def.min_length.is_some()),
        ("maxLength", def.max_length.is_some()),
        ("pattern", def.pattern.is_some()),
        ("contentMediaType", def.content_media_type.is_some()),
        ("contentEncoding", def.content_encoding.is_some()),
        ("content", def.content.is_some()),
        ("x-mcp-header", def.header.is_some()),
        ("minimum", def.minimum.is_some()),
        ("maximum", def.maximum.is_some()),
        ("exclusiveMinimum", def.exclusive_minimum.is_some()),
        ("exclusiveMaximum", def.exclusive_maximum.is_some()),
        ("multipleOf", def.multiple_of.is_some()),
        ("minItems", def.min_items.is_some()),
        ("maxItems", def.max_items.is_some()),
        ("uniqueItems", def.unique_items.is_some()),
        ("items", def.items.is_some()),
        ("properties", def.properties.is_some()),
        ("required", def.required.is_some()),
        ("additionalProperties", def.additional_properties.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, present)| present.then_some(key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::types::OutputEffects;
    use crate::types::testing::{compile, convert, findings, json as value, parameters};

    #[test]
    fn takes_values_as_they_are_but_for_json_in_texts() {
        assert_eq!(convert("schema: {type: integer}", "5"), Ok(value("5")));
        assert_eq!(convert("schema: {type: [integer, 'null']}", r#""5""#), Ok(value("5")));
        assert_eq!(convert("schema: {type: object}", r#""{\"k\": [1]}""#), Ok(value(r#"{"k": [1]}"#)));
        assert_eq!(convert("schema: {type: [string, integer]}", r#""5""#), Ok(value(r#""5""#)));
        assert_eq!(
            convert("schema: {type: integer}", r#""many""#).unwrap_err(),
            r#"Error validating parameter 'a': Expected integer, got "many""#
        );
    }

    #[test]
    fn leads_to_what_is_wrong() {
        let definition = "schema: {$defs: {n: {type: integer, minimum: 1}}, type: object, \
            properties: {ns: {type: array, items: {$ref: '#/$defs/n'}}}, additionalProperties: false}";
        assert_eq!(
            convert(definition, r#"{"ns": [1, 0, "x"], "z": 1}"#).unwrap_err(),
            "Error validating parameter 'a.ns[1]': Value must be >= 1\n\
             Error validating parameter 'a.ns[2]': Expected integer, got \"x\"\n\
             Error validating parameter 'a': Unexpected property: z"
        );
        let ty = compile(definition);
        assert_eq!(
            ty.check_output(value(r#"{"ns": [1, "secret"]}"#)),
            Err("Property 'ns': Array item 1: Expected integer, got string".to_owned())
        );
    }

    #[test]
    fn sensitive_values_are_never_quoted() {
        let definition = "{sensitive: true, schema: {anyOf: [{type: integer}, {type: object, properties: {k: {type: integer}}}]}}";
        for given in [r#""hush""#, r#"{"k": "hush"}"#] {
            let error = convert(definition, given).unwrap_err();
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn nothing_of_a_typed_definition_stands_beside_it() {
        assert_eq!(
            findings("{type: string, schema: {type: string}, minLength: 1}"),
            [
                "error type: `type` can't stand beside `schema`",
                "error minLength: `minLength` can't stand beside `schema`"
            ]
        );
        assert_eq!(findings("description: neither"), ["error type: Field required"]);
    }

    #[test]
    fn defaults_are_checked_and_make_room_for_null() {
        assert_eq!(
            findings("{schema: {type: integer}, default: x}"),
            ["warning default: default does not fit its type: Expected integer, got \"x\""]
        );
        let (list, found) = parameters(
            "[{name: a, schema: {$defs: {n: {type: integer}}, $ref: '#/$defs/n'}, default: null}]",
        );
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(
            list.input_schema()["properties"]["a"],
            json!({
                "anyOf": [
                    {"$defs": {"n": {"type": "integer"}}, "$ref": "#/properties/a/anyOf/0/$defs/n"},
                    {"type": "null"},
                ],
                "default": null,
            })
        );
    }

    #[test]
    fn references_are_kept_true_where_the_schema_is_nested() {
        let ty = compile(
            "schema: {$schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'urn:x', type: array, \
             items: {$ref: '#n'}, x-own: 1, $defs: {tree: {$anchor: n, properties: {next: {$ref: 'urn:x'}}}}}",
        );
        assert_eq!(
            ty.output_schema(&OutputEffects::default())["properties"]["result"].to_string(),
            json!({
                "type": "array",
                "items": {"$ref": "#/properties/result/$defs/tree"},
                "x-own": 1,
                "$defs": {"tree": {"$anchor": "n", "properties": {"next": {"$ref": "#/properties/result"}}}},
            })
            .to_string()
        );
    }

    #[test]
    fn references_survive_names_that_uris_can_not_hold() {
        let (list, _) = parameters(
            "[{name: größe, type: object, properties: {'50% a/b': {schema: {items: {$ref: '#n'}, $defs: {'x y': {$anchor: n, type: integer}}}}}}]",
        );
        let schema = list.input_schema();
        let inner = &schema["properties"]["größe"]["properties"]["50% a/b"];
        let reference = "#/properties/gr%C3%B6%C3%9Fe/properties/50%25%20a~1b/$defs/x%20y";
        assert_eq!(inner["items"]["$ref"], reference);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        assert!(validator.is_valid(&json!({"größe": {"50% a/b": [1]}})));
        assert!(!validator.is_valid(&json!({"größe": {"50% a/b": ["x"]}})));
    }

    #[test]
    fn an_object_is_served_word_for_word() {
        let definition = json!({"type": "object", "zebra": 1, "$defs": {"a": {}}, "properties": {"b": {"$ref": "#/$defs/a"}}});
        let ty = compile(&format!("schema: {definition}"));
        assert_eq!(ty.output_schema(&OutputEffects::default()).to_string(), definition.to_string());
    }
}
