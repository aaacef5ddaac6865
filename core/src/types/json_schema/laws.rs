//! The evaluator agrees with an independent implementation of JSON Schema about every pair of a schema and a
//! value here.

use serde_json::Value as Json;

use super::tests::{compile, json};
use crate::value::Value;

/// Schemas for every keyword that is checked, by itself and together with those it looks back at.
const SCHEMAS: &[&str] = &[
    "{}",
    r#"{"type": "integer"}"#,
    r#"{"type": ["number", "null"]}"#,
    r#"{"type": ["string", "array"]}"#,
    r#"{"enum": [1, "x", null, [1, {"k": 1.0}], {"b": 2, "a": 1}]}"#,
    r#"{"const": {"a": 1, "b": 2}}"#,
    r#"{"const": 1.0}"#,
    r#"{"minimum": 1, "exclusiveMaximum": 5}"#,
    r#"{"exclusiveMinimum": 1, "maximum": 123456789012345678901234567890}"#,
    r#"{"multipleOf": 0.5}"#,
    r#"{"minLength": 1, "maxLength": 2}"#,
    r#"{"pattern": "^x"}"#,
    r#"{"items": {"type": "integer"}}"#,
    r#"{"prefixItems": [{"type": "integer"}, true], "items": {"type": "string"}}"#,
    r#"{"prefixItems": [{"type": "integer"}], "items": false}"#,
    r#"{"contains": {"type": "integer"}}"#,
    r#"{"contains": {"type": "integer"}, "minContains": 0, "maxContains": 1}"#,
    r#"{"minContains": 2}"#,
    r#"{"minItems": 1, "maxItems": 2.0, "uniqueItems": true}"#,
    r#"{"properties": {"a": {"type": "integer"}}, "required": ["a"]}"#,
    r#"{"properties": {"a": true}, "patternProperties": {"^b": {"type": "integer"}}, "additionalProperties": false}"#,
    r#"{"additionalProperties": {"type": "integer"}}"#,
    r#"{"propertyNames": {"maxLength": 1}}"#,
    r#"{"minProperties": 1, "maxProperties": 1}"#,
    r#"{"dependentRequired": {"a": ["b"]}}"#,
    r#"{"dependentSchemas": {"a": {"required": ["b"]}}}"#,
    r#"{"allOf": [{"type": "integer"}, {"minimum": 2}]}"#,
    r#"{"anyOf": [{"type": "string"}, {"required": ["a"], "type": "object"}]}"#,
    r#"{"oneOf": [{"type": "integer"}, {"minimum": 2}]}"#,
    r#"{"not": {"type": ["object", "integer"]}}"#,
    r#"{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"type": ["object", "null"]}}"#,
    r#"{"then": false, "else": false}"#,
    r##"{"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}"##,
    r##"{"$defs": {"n/~ %": {"$anchor": "n", "type": "integer"}}, "anyOf": [{"$ref": "#/$defs/n~1~0%20%25"}, {"items": {"$ref": "#n"}}]}"##,
    r##"{"$dynamicAnchor": "node", "type": ["object", "integer"], "additionalProperties": {"$dynamicRef": "#node"}}"##,
    r##"{"properties": {"a": {"$ref": "#"}}, "additionalProperties": {"type": "integer"}}"##,
    r#"{"properties": {"a": true}, "unevaluatedProperties": false}"#,
    r#"{"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": {"type": "integer"}}"#,
    r#"{"anyOf": [{"required": ["a"], "properties": {"a": true}}, {"required": ["b"], "properties": {"b": true}}], "unevaluatedProperties": false}"#,
    r#"{"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"properties": {"b": true}}, "unevaluatedProperties": false}"#,
    r#"{"oneOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"c": true}, "required": ["c"]}], "unevaluatedProperties": false}"#,
    r#"{"not": {"properties": {"a": true}}, "unevaluatedProperties": false}"#,
    r#"{"dependentSchemas": {"a": {"properties": {"a": true, "b": true}}}, "unevaluatedProperties": false}"#,
    r#"{"patternProperties": {"^b": true}, "allOf": [{"unevaluatedProperties": {"type": "integer"}}], "unevaluatedProperties": false}"#,
    r#"{"prefixItems": [true], "unevaluatedItems": false}"#,
    r#"{"allOf": [{"prefixItems": [true]}], "contains": {"type": "string"}, "unevaluatedItems": {"type": "integer"}}"#,
    r#"{"anyOf": [{"items": {"type": "integer"}}, {"prefixItems": [{"const": "x"}]}], "unevaluatedItems": false}"#,
    r##"{"$defs": {"a": {"properties": {"a": true}}}, "$ref": "#/$defs/a", "unevaluatedProperties": false}"##,
    r#"{"format": "date"}"#,
    r#"{"format": "uuid"}"#,
    r#"{"format": "unknown", "x-own": 1}"#,
    r#"{"contentMediaType": "application/json", "contentEncoding": "base64"}"#,
];

fn values() -> Vec<Value> {
    let scalars = [
        "null",
        "true",
        "0",
        "1",
        "1.0",
        "2",
        "2.5",
        "5",
        "-3",
        "1e3",
        "123456789012345678901234567890",
        r#""""#,
        r#""x""#,
        r#""xé""#,
        r#""abc""#,
        r#""2024-02-29""#,
        r#""2024-02-30""#,
        r#""9ffd2d5e-6a3d-4b8e-8d5b-3c3f0c6c1d11""#,
    ];
    let mut texts: Vec<String> = scalars.iter().map(|text| (*text).to_owned()).collect();
    for one in ["1", "2.5", r#""x""#, "null", r#"{"a": 1}"#] {
        texts.push(format!("[{one}]"));
        texts.push(format!(r#"{{"a": {one}}}"#));
        texts.push(format!(r#"{{"b": {one}}}"#));
        texts.push(format!(r#"{{"cc": {one}}}"#));
        for other in ["1", r#""x""#, r#"{"b": []}"#, "1.0"] {
            texts.push(format!("[{one}, {other}]"));
            texts.push(format!("[{one}, {other}, 7]"));
            texts.push(format!(r#"{{"a": {one}, "b": {other}}}"#));
            texts.push(format!(r#"{{"b": {one}, "c": {other}}}"#));
            texts.push(format!(r#"{{"a": {{"a": {one}, "d": {other}}}}}"#));
        }
    }
    texts.extend(["[]", "{}", r#"[1, {"k": 1}]"#, r#"{"b": 2.0, "a": 1}"#].map(str::to_owned));
    texts.iter().map(|text| json(text)).collect()
}

#[test]
fn it_agrees_with_another_implementation() {
    let (mut accepted, mut refused) = (0, 0);
    let values = values();
    for written in SCHEMAS {
        let schema = compile(written).unwrap_or_else(|findings| panic!("{written}: {findings:?}"));
        let written: Json = serde_json::from_str(written).unwrap();
        let other = jsonschema::draft202012::options().should_validate_formats(true).build(&written).unwrap();
        for value in &values {
            let verdict = schema.accepts(value);
            assert_eq!(verdict, other.is_valid(&value.to_json()), "{written}: {}", value.to_json_text());
            if verdict { accepted += 1 } else { refused += 1 }
        }
    }
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}
