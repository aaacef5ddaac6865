//! Types and values: what the exported JSON Schema allows is taken, and what leaves is what it promises. The judge
//! is an implementation of JSON Schema that knows nothing of mxcp.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use mxcp_core::definition::Kind;
use mxcp_core::registry::{Output, Prepared, Registry};
use mxcp_core::value::Value;
use serde_json::{Map, Value as Json, json};

use crate::{project, raw};

/// How deep types and values are nested.
const DEPTH: usize = 3;

pub(crate) const KEYS: [&str; 4] = ["k", "s", "t", "z"];

/// Makes a type and some values of the bytes, and compares both directions with the schemas.
pub fn compare_anything(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    // Bytes that run out make no case.
    let _ = match bytes.ratio(1, 2) {
        Ok(true) => raw::compare(&mut bytes),
        _ => compare(&mut bytes),
    };
}

fn compare(bytes: &mut Unstructured<'_>) -> Result<()> {
    let ty = definition(bytes, DEPTH)?;
    let mut parameter = ty.clone();
    parameter["name"] = json!("a");
    // What is written as JSON is YAML.
    let tool =
        json!({ "name": "t", "parameters": [parameter], "return": ty, "source": { "code": "SELECT 1" } });
    let loaded = project::load(Kind::Tool, json!({ "tool": tool }).to_string().as_bytes());
    let Some(tool) = loaded.registry.tools().first() else {
        assert!(loaded.files.iter().all(|file| file.first_error().is_some()), "refused without a reason");
        return Ok(());
    };
    let input = validator(&tool.input_schema);
    let output = validator(tool.output_schema.as_ref().expect("a tool with a return has one"));
    while !bytes.is_empty() {
        let value = value(bytes, DEPTH)?;
        let arguments = json!({ "a": value });
        let taken = prepare(&loaded.registry, &arguments);
        if input.is_valid(&arguments) {
            assert!(taken.is_some(), "{arguments} is valid and refused\n{}\n{ty}", tool.input_schema);
        }
        let Some(prepared) =
            prepare(&loaded.registry, &json!({ "a": default_or_any(&ty, &value) })).or(taken)
        else {
            continue;
        };
        let given = Value::from_json(value.clone());
        let reply = prepared.finish(Ok(Output::Value(given)));
        let Ok(success) = reply.result() else { continue };
        let left = success.value.to_json();
        // A result that is null as a whole has no structured content.
        if left.is_null() && ty["type"] == "object" {
            continue;
        }
        let content =
            if left.is_object() && ty["type"] == "object" { left } else { json!({ "result": left }) };
        if let Err(error) = output.validate(&content) {
            panic!("{content} left: {error}\n{}\n{ty}", tool.output_schema.as_ref().unwrap_or(&Json::Null));
        }
    }
    Ok(())
}

/// An argument that is likely taken, so that the way out is reached.
fn default_or_any(ty: &Json, value: &Json) -> Json {
    ty.get("default").or_else(|| ty["enum"].get(0)).unwrap_or(value).clone()
}

pub(crate) fn prepare(registry: &Registry, arguments: &Json) -> Option<Prepared> {
    let Value::Object(arguments) = Value::from_json(arguments.clone()) else { return None };
    project::prepare(registry, Kind::Tool, "t", arguments, None)
}

pub(crate) fn validator(schema: &Json) -> jsonschema::Validator {
    jsonschema::draft202012::options().build(schema).unwrap_or_else(|error| panic!("{error}: {schema}"))
}

fn definition(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Json> {
    let names: &[&str] = if depth == 0 {
        &["string", "number", "integer", "boolean"]
    } else {
        &["string", "number", "integer", "boolean", "array", "object"]
    };
    let name = *bytes.choose(names)?;
    let mut ty = Map::new();
    ty.insert("type".to_owned(), json!(name));
    let sometimes = |ty: &mut Map<String, Json>, key: &str, bytes: &mut Unstructured<'_>, value: Json| {
        if bytes.ratio(1, 4)? {
            ty.insert(key.to_owned(), value);
        }
        Ok(())
    };
    match name {
        "string" => {
            let (least, most) = (bytes.int_in_range(0..=3)?, bytes.int_in_range(0..=4)?);
            sometimes(&mut ty, "minLength", bytes, json!(least))?;
            sometimes(&mut ty, "maxLength", bytes, json!(most))?;
            let pattern = *bytes.choose(&["^[a-z]*$", "x", "^.{2}$", "\\d"])?;
            sometimes(&mut ty, "pattern", bytes, json!(pattern))?;
        }
        "number" | "integer" => {
            for key in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
                let bound = number(bytes)?;
                sometimes(&mut ty, key, bytes, bound)?;
            }
            let step = bytes.choose(&["0.1", "2", "0.5", "3", "1e-3"])?.parse::<serde_json::Number>();
            sometimes(&mut ty, "multipleOf", bytes, step.map_or(Json::Null, Json::Number))?;
        }
        "array" => {
            let (least, most) = (bytes.int_in_range(0..=2)?, bytes.int_in_range(0..=3)?);
            sometimes(&mut ty, "minItems", bytes, json!(least))?;
            sometimes(&mut ty, "maxItems", bytes, json!(most))?;
            let unique = bytes.arbitrary::<bool>()?;
            sometimes(&mut ty, "uniqueItems", bytes, json!(unique))?;
            if bytes.ratio(3, 4)? {
                ty.insert("items".to_owned(), definition(bytes, depth - 1)?);
            }
        }
        "object" => {
            let mut properties = Map::new();
            for key in KEYS.iter().take(bytes.int_in_range(0..=3)?) {
                properties.insert((*key).to_owned(), definition(bytes, depth - 1)?);
            }
            let required: Vec<_> = properties.keys().take(bytes.int_in_range(0..=2)?).cloned().collect();
            sometimes(&mut ty, "required", bytes, json!(required))?;
            let open = bytes.arbitrary::<bool>()?;
            sometimes(&mut ty, "additionalProperties", bytes, json!(open))?;
            ty.insert("properties".to_owned(), Json::Object(properties));
        }
        _ => {}
    }
    let choices = [value(bytes, 1)?, value(bytes, 1)?];
    sometimes(&mut ty, "enum", bytes, json!(choices))?;
    let default = value(bytes, 1)?;
    sometimes(&mut ty, "default", bytes, default)?;
    sometimes(&mut ty, "sensitive", bytes, json!(true))?;
    Ok(Json::Object(ty))
}

pub(crate) fn value(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Json> {
    let kinds = if depth == 0 { 3 } else { 5 };
    Ok(match bytes.int_in_range(0..=kinds)? {
        0 => Json::Null,
        1 => json!(bytes.arbitrary::<bool>()?),
        2 => number(bytes)?,
        3 => json!(*bytes.choose(&[
            "",
            "x",
            "abc",
            "5",
            "true",
            "null",
            "[1]",
            "{\"k\": 1}",
            "é2",
            " 7 ",
            "1e2"
        ])?),
        4 => {
            let items = (0..bytes.int_in_range(0..=3)?).map(|_| value(bytes, depth - 1));
            Json::Array(items.collect::<Result<_>>()?)
        }
        _ => {
            let mut object = Map::new();
            for key in KEYS.iter().take(bytes.int_in_range(0..=4)?) {
                object.insert((*key).to_owned(), value(bytes, depth - 1)?);
            }
            Json::Object(object)
        }
    })
}

pub(crate) fn number(bytes: &mut Unstructured<'_>) -> Result<Json> {
    const NUMBERS: [&str; 14] = [
        "0",
        "1",
        "-1",
        "2",
        "5",
        "5.0",
        "0.1",
        "0.3",
        "2.5",
        "-7",
        "1e2",
        "1e300",
        "9007199254740993",
        "123456789012345678901234567890",
    ];
    let text = bytes.choose(&NUMBERS)?;
    Ok(text.parse::<serde_json::Number>().map_or(Json::Null, Json::Number))
}
