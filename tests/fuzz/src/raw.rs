//! Types written as JSON Schema: the verdict of mxcp's evaluator is that of an implementation that knows nothing
//! of mxcp, about the schema as written and as it is served among the arguments.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use mxcp_core::definition::Kind;
use serde_json::{Map, Value as Json, json};

use crate::coercion::{KEYS, number, prepare, validator, value};
use crate::project;

/// How deep schemas and values are nested.
const DEPTH: usize = 3;

/// Schemas that others refer to. Each is inside of the next, so that some references come round.
const NAMES: [&str; 2] = ["n", "m"];

pub(crate) fn compare(bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut schema = schema(bytes, DEPTH)?;
    if let Json::Object(schema) = &mut schema {
        let mut shared = Map::new();
        for name in NAMES {
            shared.insert(name.to_owned(), self::schema(bytes, 2)?);
        }
        if let Some(Json::Object(anchored)) = shared.get_mut("m") {
            anchored.insert("$anchor".to_owned(), json!("m"));
        } else {
            shared.insert("m".to_owned(), json!({ "$anchor": "m" }));
        }
        schema.insert("$defs".to_owned(), Json::Object(shared));
        schema.insert("$id".to_owned(), json!("urn:x"));
    } else {
        return Ok(());
    }
    let tool = json!({
        "name": "t",
        "parameters": [{ "name": "a", "schema": schema }],
        "source": { "code": "SELECT 1" }
    });
    let loaded = project::load(Kind::Tool, json!({ "tool": tool }).to_string().as_bytes());
    let Some(tool) = loaded.registry.tools().first() else {
        assert!(loaded.files.iter().all(|file| file.first_error().is_some()), "refused without a reason");
        return Ok(());
    };
    let written = validator(&schema);
    let served = validator(&tool.input_schema);
    while !bytes.is_empty() {
        let value = value(bytes, DEPTH)?;
        // A text may be taken for the JSON it holds.
        if value.is_string() {
            continue;
        }
        let expected = written.is_valid(&value);
        let arguments = json!({ "a": value });
        let taken = prepare(&loaded.registry, &arguments).is_some();
        assert_eq!(taken, expected, "{arguments}\n{schema}");
        assert_eq!(served.is_valid(&arguments), expected, "{arguments}\n{schema}\n{}", tool.input_schema);
    }
    Ok(())
}

/// Keywords by what they need.
const NUMBERS: [&str; 4] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
const COUNTS: [&str; 8] = [
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
];
const SCHEMAS: [&str; 11] = [
    "items",
    "contains",
    "additionalProperties",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];
const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const REFERENCES: [&str; 6] = ["#", "#/$defs/n", "#/$defs/m", "#m", "urn:x", "urn:x#/$defs/n"];

fn schema(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Json> {
    if bytes.ratio(1, 8)? {
        return Ok(json!(bytes.arbitrary::<bool>()?));
    }
    let mut schema = Map::new();
    for _ in 0..bytes.int_in_range(1..=3)? {
        let (key, written) = keyword(bytes, depth)?;
        schema.insert(key.to_owned(), written);
    }
    Ok(Json::Object(schema))
}

fn keyword(bytes: &mut Unstructured<'_>, depth: usize) -> Result<(&'static str, Json)> {
    let kinds = if depth == 0 { 8 } else { 12 };
    Ok(match bytes.int_in_range(0..=kinds)? {
        0 => ("type", types(bytes)?),
        1 => (*bytes.choose(&NUMBERS)?, number(bytes)?),
        2 => (*bytes.choose(&COUNTS)?, json!(bytes.int_in_range(0..=3)?)),
        3 => ("enum", json!([value(bytes, 1)?, value(bytes, 2)?])),
        4 => ("const", value(bytes, 2)?),
        5 => ("pattern", json!(*bytes.choose(&["^[a-z]*$", "x", "^.{2}$", "\\d", "^\\W", "\\s$"])?)),
        6 => match bytes.arbitrary::<bool>()? {
            true => ("uniqueItems", json!(bytes.arbitrary::<bool>()?)),
            false => ("multipleOf", step(bytes)?),
        },
        7 => match bytes.arbitrary::<bool>()? {
            true => ("required", json!(keys(bytes)?)),
            false => ("dependentRequired", json!({ (*bytes.choose(&KEYS)?): keys(bytes)? })),
        },
        8 => match bytes.ratio(1, 4)? {
            true => ("$dynamicRef", json!(*bytes.choose(&REFERENCES)?)),
            false => ("$ref", json!(*bytes.choose(&REFERENCES)?)),
        },
        9 => {
            let mut inside = Map::new();
            for key in keys(bytes)? {
                inside.insert(key.to_owned(), schema(bytes, depth - 1)?);
            }
            (*bytes.choose(&["properties", "dependentSchemas"])?, Json::Object(inside))
        }
        10 => (
            "patternProperties",
            json!({ (*bytes.choose(&["^k", "[st]", "."])?): schema(bytes, depth - 1)? }),
        ),
        11 => {
            let key = *bytes.choose(&LISTS)?;
            let items = (0..bytes.int_in_range(1..=3)?).map(|_| schema(bytes, depth - 1));
            (key, Json::Array(items.collect::<Result<_>>()?))
        }
        _ => (*bytes.choose(&SCHEMAS)?, schema(bytes, depth - 1)?),
    })
}

fn types(bytes: &mut Unstructured<'_>) -> Result<Json> {
    const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let one = *bytes.choose(&TYPES)?;
    let other = *bytes.choose(&TYPES)?;
    Ok(if one == other { json!(one) } else { json!([one, other]) })
}

fn step(bytes: &mut Unstructured<'_>) -> Result<Json> {
    let text = bytes.choose(&["0.1", "2", "0.5", "3", "1.5e1"])?;
    Ok(text.parse::<serde_json::Number>().map_or(Json::Null, Json::Number))
}

fn keys(bytes: &mut Unstructured<'_>) -> Result<Vec<&'static str>> {
    Ok(KEYS.iter().copied().take(bytes.int_in_range(0..=3)?).collect())
}
