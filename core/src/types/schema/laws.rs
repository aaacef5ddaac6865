//! Laws that bind the served schemas to the validators, judged by an independent implementation of JSON
//! Schema.

use serde_json::Value as Json;

use super::OutputEffects;
use crate::call::UnknownArguments;
use crate::types::testing::{compile, json};
use crate::types::{Parameters, Type, remove_sensitive, render};
use crate::value::{ExactNumber, Object, Value};

const TYPES: &[&str] = &[
    "type: string",
    "{type: string, minLength: 2, maxLength: 5, pattern: '^[a-z*]'}",
    "{type: string, enum: [x, '5', null]}",
    "{type: string, enum: [x, '****'], default: x}",
    "{type: string, format: date}",
    "{type: string, format: date-time, default: null}",
    "{type: string, format: timestamp}",
    "{type: string, format: email, maxLength: 3}",
    "{type: string, format: duration}",
    "{type: string, sensitive: true}",
    "type: number",
    "{type: number, minimum: 0, exclusiveMaximum: 5, multipleOf: 0.1}",
    "{type: number, enum: [1, 2.5]}",
    "type: integer",
    "{type: integer, exclusiveMinimum: 0, maximum: 10, multipleOf: 5}",
    "{type: integer, enum: [5, 7], default: null}",
    "type: boolean",
    "{type: boolean, enum: [true]}",
    "type: array",
    "{type: array, items: {type: integer, minimum: 1}, minItems: 1, maxItems: 2, uniqueItems: true}",
    "{type: array, items: {type: string, sensitive: true}, minItems: 1}",
    "{type: array, enum: [[1], [1, 2]]}",
    "{type: array, uniqueItems: true, items: {type: object, required: [k, s], properties: {k: {type: integer}, s: {type: string, sensitive: true}}}}",
    "{type: array, items: {type: array, items: {type: object, required: [k], properties: {k: {type: integer}}}}}",
    "type: object",
    "{type: object, required: [k], additionalProperties: false, properties: {k: {type: integer, minimum: 1}, s: {type: string, enum: [x]}}}",
    "{type: object, required: [k, s], properties: {k: {type: integer}, s: {type: string, sensitive: true}}}",
    "{type: object, required: [s], properties: {s: {type: object, required: [t], properties: {t: {type: string, sensitive: true}}}}}",
    "{type: object, required: [s], properties: {s: {type: array, minItems: 1, items: {type: string, sensitive: true}}}, enum: [{s: [x]}]}",
    "schema: {type: integer, minimum: 1}",
    "{schema: {type: [string, 'null'], maxLength: 3}, description: A text}",
    "{schema: {type: string, enum: [x]}, default: null}",
    "{sensitive: true, schema: {type: array, minItems: 1, items: {type: string}}}",
    "{sensitive: true, schema: {type: object, required: [k]}}",
    "schema: {type: object, required: [k], properties: {k: {$ref: '#/$defs/n'}}, $defs: {n: {$anchor: n, type: [integer, 'null']}}}",
    "schema: {type: array, items: {$ref: '#n'}, $defs: {n: {$anchor: n, type: object, required: [k]}}}",
    "{type: array, minItems: 1, items: {schema: {$ref: '#/$defs/row', $defs: {row: {type: object, required: [k]}}}}}",
    "{type: object, required: [k], properties: {k: {schema: {anyOf: [{$ref: '#/$defs/n'}, {type: string}], $defs: {n: {type: integer}}}}, s: {sensitive: true, schema: {type: string}}}}",
    "{type: string, contentMediaType: image/png}",
    "{type: object, properties: {k: {type: integer, minimum: 3, default: 5}, d: {type: string, format: date}}}",
];

fn values() -> Vec<Value> {
    let scalars = [
        "null",
        "true",
        "0",
        "1",
        "5",
        "5.0",
        "2.5",
        "0.3",
        "-7",
        "1e300",
        r#""""#,
        r#""x""#,
        r#""abc""#,
        r#""5""#,
        r#""****""#,
        r#""2024-02-29""#,
        r#""P1D""#,
        r#""a@b.c""#,
        "123456789012345678901234567890",
    ];
    let mut values: Vec<Value> = scalars.iter().map(|text| json(text)).collect();
    let date = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    values.extend([
        Value::Number(ExactNumber::from_decimal(500, 2)),
        Value::Date(date),
        Value::DateTime(date.and_hms_opt(13, 14, 15).unwrap()),
        Value::Bytes(b"abc".to_vec()),
    ]);
    let inner = values.clone();
    values.extend(inner.iter().map(|value| Value::Array(vec![value.clone()])));
    let objects = |key: &'static str| {
        inner.iter().flat_map(move |value| {
            let other = if key == "k" { "s" } else { "k" };
            [
                [(key, value.clone())].into_iter().collect::<Object>(),
                [(key, value.clone()), (other, Value::Int(5))].into_iter().collect(),
                [(key, value.clone()), (other, Value::string("x")), ("z", Value::Null)].into_iter().collect(),
            ]
        })
    };
    let objects: Vec<Value> = ["k", "s", "t", "d"].into_iter().flat_map(objects).map(Value::Object).collect();
    let rows: Vec<Value> = objects
        .windows(2)
        .flat_map(|pair| [Value::Array(pair.to_vec()), Value::Array(vec![pair[0].clone(), pair[0].clone()])])
        .collect();
    values.extend(objects.iter().map(|object| Value::Object([("s", object.clone())].into_iter().collect())));
    values.extend(rows.iter().take(40).map(|rows| Value::Array(vec![rows.clone()])));
    let more = [
        "[]",
        "{}",
        "[1, 1.0]",
        "[1, 2]",
        "[1, 2, 3]",
        r#"{"s": ["x", "y"]}"#,
        r#"{"s": []}"#,
        r#"[["x"]]"#,
        r#"[{"k": 1, "s": "x"}, {"k": 1, "s": "y"}]"#,
    ];
    values.extend(more.iter().map(|text| json(text)));
    values.extend(objects);
    values.extend(rows);
    values
}

fn validator(schema: &Json) -> jsonschema::Validator {
    jsonschema::draft202012::options().build(schema).unwrap_or_else(|error| panic!("{error}: {schema}"))
}

/// What the strongest rules that the effects speak of make of a result.
fn apply(effects: &OutputEffects, value: Value, ty: &Type, take_out: bool) -> Value {
    let named = |object: &mut Object| {
        object.retain(|name, _| !(take_out && effects.filtered.contains(name)));
        object.iter_mut().filter(|(name, _)| effects.masked.contains(&***name)).for_each(|(_, value)| {
            *value = Value::string("****");
        });
    };
    let mut value = value;
    match &mut value {
        Value::Object(object) => named(object),
        Value::Array(items) => items.iter_mut().for_each(|item| {
            if let Value::Object(object) = item {
                named(object);
            }
        }),
        _ => {}
    }
    if effects.filters_sensitive { remove_sensitive(value, ty).unwrap_or(Value::Null) } else { value }
}

#[test]
fn whatever_leaves_is_valid_against_the_output_schema() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    let none = OutputEffects::default();
    let all_effects = [
        none.clone(),
        OutputEffects { filtered: names(&["k"]), ..none.clone() },
        OutputEffects { masked: names(&["k", "s"]), ..none.clone() },
        OutputEffects { filters_sensitive: true, ..none.clone() },
        OutputEffects { filtered: names(&["s"]), masked: names(&["k", "s"]), filters_sensitive: true },
    ];
    let values = values();
    let mut passed = 0;
    for definition in TYPES {
        let ty = compile(definition);
        for effects in &all_effects {
            let schema = ty.output_schema(effects);
            assert_eq!(schema["type"], "object");
            let validator = validator(&schema);
            for value in &values {
                let Ok(checked) = ty.check_output(value.clone()) else {
                    continue;
                };
                for take_out in [true, false] {
                    let left = render(apply(effects, checked.clone(), &ty, take_out), Some(&ty));
                    // A result that is null as a whole has no structured content.
                    if left.is_null() && !ty.is_wrapped() {
                        continue;
                    }
                    let content = if ty.is_wrapped() {
                        Value::Object([("result", left)].into_iter().collect())
                    } else {
                        left
                    };
                    if let Err(error) = validator.validate(&content.to_json()) {
                        panic!("{definition}: {}\n{schema}\n{error}", content.to_json_text());
                    }
                    passed += 1;
                }
            }
        }
    }
    assert!(passed > 1000, "only {passed} results passed");
}

#[test]
fn whatever_is_valid_against_the_input_schema_is_taken() {
    let mut taken = 0;
    for definition in TYPES {
        let parameters = Parameters::of("a", compile(definition));
        // Formats and base64 are notes to the model, whose texts the pool of values doesn't heed.
        let has_format = definition.contains("format:") || definition.contains("contentMediaType:");
        let validator = validator(&parameters.input_schema());
        for value in values() {
            let written = Value::from_json(value.to_json());
            let arguments: Object = [("a", written.clone())].into_iter().collect();
            let valid = validator.is_valid(&Json::Object(arguments.to_json()));
            let bound = parameters.bind(arguments, UnknownArguments::Refuse);
            if valid && (!has_format || written.is_null()) {
                assert!(bound.is_ok(), "{definition}: {}: {bound:?}", written.to_json_text());
                taken += 1;
            }
            if written.is_null() {
                assert_eq!(bound.is_ok(), valid, "{definition} and null");
            }
        }
    }
    assert!(taken > 1000, "only {taken} arguments were taken");
}

#[test]
fn whatever_is_bound_is_bound_to_itself() {
    for definition in TYPES.iter().filter(|definition| !definition.contains("format:")) {
        let parameters = Parameters::of("a", compile(definition));
        for value in values() {
            let arguments: Object = [("a", value)].into_iter().collect();
            if let Ok(bound) = parameters.bind(arguments, UnknownArguments::Refuse) {
                assert_eq!(parameters.bind(bound.values.clone(), UnknownArguments::Refuse).unwrap(), bound);
            }
        }
    }
}
