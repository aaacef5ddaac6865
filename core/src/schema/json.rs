//! The file formats as JSON Schemas (draft 2020-12), for editors.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value as Json, json};

use super::{EndpointFile, EvalFile, Site, User};

/// A file format and its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Definitions of tools, resources and prompts.
    Endpoint,
    /// Suites of evaluations.
    Eval,
    /// The site file `mxcp-site.yml`.
    Site,
    /// The user file `config.yml`.
    User,
}

/// The types of values that have no parts.
const SCALARS: [&str; 4] = ["string", "integer", "number", "boolean"];

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Endpoint, Self::Eval, Self::Site, Self::User];

    /// Name of the file that holds the schema.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint.schema.json",
            Self::Eval => "eval.schema.json",
            Self::Site => "site.schema.json",
            Self::User => "config.schema.json",
        }
    }

    /// The schema.
    #[must_use]
    pub fn schema(self) -> Json {
        let mut schema = match self {
            Self::Endpoint => of::<EndpointFile>("mxcp endpoint"),
            Self::Eval => of::<EvalFile>("mxcp evaluations"),
            Self::Site => of::<Site>("mxcp site file"),
            Self::User => of::<User>("mxcp user file"),
        };
        polish(&mut schema);
        if let Some(version) = schema.pointer_mut("/properties/mxcp") {
            *version = json!({ "description": "Version of the format.", "const": 1 });
        }
        match self {
            Self::Endpoint => {
                let kinds = ["tool", "resource", "prompt"].map(|kind| json!({ "required": [kind] }));
                set(&mut schema, "oneOf", kinds.into());
            }
            Self::User => allow_references(&mut schema),
            Self::Eval | Self::Site => {}
        }
        schema
    }

    /// The schema as the text of a file.
    #[must_use]
    pub fn text(self) -> String {
        format!("{:#}\n", self.schema())
    }
}

/// For structs whose numbers, texts and switches may be left out, but not be null.
pub(super) fn scalars_not_null(schema: &mut Schema) {
    let properties = schema.get_mut("properties").and_then(Json::as_object_mut);
    for property in properties.into_iter().flat_map(Map::values_mut) {
        let scalar = property.get("type").and_then(Json::as_array).is_some_and(|kinds| {
            kinds.iter().all(|kind| kind == "null" || SCALARS.iter().any(|scalar| kind == scalar))
        });
        if scalar {
            drop_null(property);
        }
    }
}

fn of<T: JsonSchema>(title: &str) -> Json {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    set(&mut schema, "title", title.into());
    schema
}

fn set(schema: &mut Json, key: &str, value: Json) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(key.to_owned(), value);
    }
}

/// Leaves out what disturbs people who write: nulls where a value is meant, formats of Rust's numbers, line ends of
/// comments. Entries of mappings may be null: a project or profile without settings is often written so.
fn polish(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(polish),
        Json::Object(_) => {
            let Some(entries) = schema.as_object_mut() else { return };
            let rust_number = |format: &Json| {
                format.as_str().is_some_and(|name| {
                    name.starts_with("int") || name.starts_with("uint") || name == "double"
                })
            };
            if entries.get("format").is_some_and(rust_number) {
                entries.remove("format");
            }
            if entries.get("default").is_some_and(Json::is_null) {
                entries.remove("default");
            }
            if let Some(Json::String(description)) = entries.get_mut("description") {
                *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            // A const says its type itself.
            if entries.contains_key("const") {
                entries.remove("type");
            }
            for (key, value) in entries.iter_mut() {
                match key.as_str() {
                    "default" | "enum" | "const" | "examples" => {}
                    // The keys of these are the author's words, not those of JSON Schema.
                    "properties" | "$defs" => {
                        for inner in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
                            drop_null(inner);
                            polish(inner);
                        }
                    }
                    _ => polish(value),
                }
            }
        }
        _ => {}
    }
}

/// Takes null out of the types of a schema.
fn drop_null(schema: &mut Json) {
    let Some(entries) = schema.as_object_mut() else { return };
    if let Some(Json::Array(kinds)) = entries.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            entries.insert("type".to_owned(), only);
        }
    }
    let Some(Json::Array(choices)) = entries.get_mut("anyOf") else { return };
    let is_null = |choice: &Json| choice.get("type").is_some_and(|kind| kind == "null");
    choices.retain(|choice| !is_null(choice));
    if let [only] = choices.as_slice() {
        let only = only.clone();
        entries.remove("anyOf");
        if let Json::Object(only) = only {
            for (key, value) in only {
                entries.entry(key).or_insert(value);
            }
        }
    }
}

/// In the user file every value may be a text that refers to it.
fn allow_references(schema: &mut Json) {
    const REFERENCE: &str = "Reference";
    let reference = json!({ "$ref": format!("#/$defs/{REFERENCE}") });
    let is_enumeration =
        |definition: &Json| ["enum", "oneOf", "anyOf"].iter().any(|key| definition.get(key).is_some());
    let definitions = schema.get("$defs").and_then(Json::as_object).into_iter().flatten();
    let enumerations: Vec<Json> = definitions
        .filter(|(_, definition)| is_enumeration(definition))
        .map(|(name, _)| Json::from(format!("#/$defs/{name}")))
        .collect();
    each_property(schema, &mut |property| {
        let kind = property.get("type").and_then(Json::as_str);
        let typed = matches!(kind, Some("integer" | "number" | "boolean"));
        let enumerated = property.get("$ref").is_some_and(|target| enumerations.contains(target));
        if !typed && !enumerated {
            return;
        }
        let Some(entries) = property.as_object_mut() else { return };
        let take = |key: &str| Some((key.to_owned(), entries.remove(key)?));
        let value: Map<String, Json> =
            ["type", "minimum", "maximum", "$ref"].into_iter().filter_map(take).collect();
        entries.insert("anyOf".to_owned(), json!([value, reference]));
    });
    if let Some(definitions) = schema.get_mut("$defs") {
        let description = "A value that stands elsewhere: `${VARIABLE}`, `file://PATH`, `vault://PATH#KEY`, \
                           `op://VAULT/ITEM/FIELD` or `keyring://SERVICE/ACCOUNT`.";
        let pattern = r"^(file|vault|op|keyring)://|\$\{[A-Za-z0-9_]+\}";
        let definition = json!({ "description": description, "type": "string", "pattern": pattern });
        set(definitions, REFERENCE, definition);
    }
}

fn each_property(schema: &mut Json, change: &mut impl FnMut(&mut Json)) {
    if let Some(definitions) = schema.get_mut("$defs").and_then(Json::as_object_mut) {
        definitions.values_mut().for_each(|definition| each_property(definition, change));
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        properties.values_mut().for_each(change);
    }
}

#[cfg(test)]
mod tests;
