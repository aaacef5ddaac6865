use std::fmt::Write as _;

use super::*;
use crate::types::testing::{self, findings as found};

pub(super) fn json(text: &str) -> Value {
    testing::json(text)
}

/// A schema in JSON, or what is wrong with it.
pub(super) fn compile(written: &str) -> Result<JsonSchema, Vec<String>> {
    testing::json_schema(written)
}

fn problems(schema: &str, value: &str) -> Vec<String> {
    let mut told = Vec::new();
    compile(schema).unwrap().check(&json(value), &Place::root("a", false), &mut |place, finding| {
        told.push(format!("{}{}", place.result_words(), finding.text()));
        Budget::More
    });
    told
}

#[test]
fn says_everything_that_is_wrong() {
    assert_eq!(
        problems(
            r#"{"type": "object", "required": ["x", "y"], "properties": {"a": {"items": {"enum": [1, "b"]}}}, "additionalProperties": false}"#,
            r#"{"x": 1, "a": [1, 2, "c"]}"#
        ),
        [
            "Missing required properties: y",
            "Unexpected property: x",
            "Property 'a': Array item 1: Value must be one of: [1, 'b']",
            "Property 'a': Array item 2: Value must be one of: [1, 'b']",
        ]
    );
}

#[test]
fn speaks_of_the_alternative_that_is_meant() {
    let schema = r#"{"anyOf": [{"type": "integer", "minimum": 5}, {"type": "object", "required": ["k"]}]}"#;
    assert_eq!(problems(schema, "1"), ["Value must be >= 5"]);
    assert_eq!(problems(schema, "{}"), ["Missing required properties: k"]);
    assert_eq!(problems(schema, "true"), ["Value fits none of the 2 alternatives"]);
}

#[test]
fn refuses_what_it_can_not_hold() {
    for (schema, expected) in [
        (r#"{"type": "text"}"#, "error schema.type: `type` must be one or more of the types of JSON Schema"),
        (r#"{"minLength": -1}"#, "error schema.minLength: `minLength` must be a whole number from 0 on"),
        (r#"{"items": [1]}"#, "error schema.items: a schema is a mapping, `true` or `false`"),
        (r#"{"pattern": "(a"}"#, "error schema.pattern: invalid pattern: unclosed group"),
        (
            r#"{"properties": {"a": {"$ref": "https://example.com/s"}}}"#,
            "error schema.properties.a.$ref: `https://example.com/s` leads out of the schema",
        ),
        (r##"{"$ref": "#/$defs/x"}"##, "error schema.$ref: `#/$defs/x` leads to no schema"),
        (r##"{"$ref": "#x"}"##, "error schema.$ref: `#x` leads to no schema"),
        (
            r##"{"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}}"##,
            "error schema.$defs.a: refers to itself at the same value, which would never end",
        ),
        (
            r#"{"$defs": {"a": {"$id": "b"}}}"#,
            "error schema.$defs.a.$id: `$id` inside of a schema would make it another document",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#,
            "error schema.$schema: schemas are of the dialect 2020-12",
        ),
        (
            r#"{"$defs": {"a": {"$anchor": "n"}, "b": {"$anchor": "n"}}}"#,
            "error schema.$defs.b.$anchor: anchor `n` is used twice",
        ),
    ] {
        assert_eq!(found(&format!("schema: {schema}")), [expected], "{schema}");
    }
}

#[test]
fn lookaround_in_patterns_is_a_finding_and_no_slow_match() {
    let found = found(r#"schema: {"pattern": "a(?=b)"}"#);
    assert!(found[0].starts_with("error schema.pattern: invalid pattern: look-around"), "{found:?}");
}

#[test]
fn schemas_are_bounded() {
    let deep = format!("{}{{}}{}", r#"{"not": "#.repeat(33), "}".repeat(33));
    assert!(compile(&deep).unwrap_err()[0].ends_with("schema has more than 32 levels"));
    let many = format!(r#"{{"allOf": [{}]}}"#, vec!["{}"; 2001].join(","));
    assert_eq!(compile(&many).unwrap_err(), ["error schema: schema has more than 2000 subschemas"]);
    let mut chain = String::from(r#"{"$defs": {"n0": {}"#);
    for index in 1..70 {
        write!(chain, r##", "n{index}": {{"$ref": "#/$defs/n{}"}}"##, index - 1).unwrap();
    }
    let problem = "more than 64 schemas apply to one value, one inside of the other";
    assert!(compile(&format!("{chain}}}}}")).unwrap_err()[0].ends_with(problem));
}

/// Nested alternatives: without a bound they take 2^30 steps for one number.
#[test]
fn alternatives_that_multiply_come_to_an_end() {
    let mut schema = String::from(r#"{"$defs": {"n0": {"type": "string"}"#);
    for index in 1..=30 {
        let next = index - 1;
        write!(
            schema,
            r##", "n{index}": {{"anyOf": [{{"$ref": "#/$defs/n{next}"}}, {{"$ref": "#/$defs/n{next}"}}]}}"##
        )
        .unwrap();
    }
    schema.push_str(r##"}, "$ref": "#/$defs/n30"}"##);
    let told = problems(&schema, "5");
    assert_eq!(told.last().unwrap(), "Value is too large or too deep for its schema to be checked");
    // What is refused for its cost is refused also where refusal would mean yes.
    let not = schema.replace(r##""$ref": "#/$defs/n30"}"##, r##""not": {"$ref": "#/$defs/n30"}}"##);
    assert_eq!(problems(&not, "5"), ["Value is too large or too deep for its schema to be checked"]);
}

/// The same through the levels of a value: twice as many steps on each.
#[test]
fn recursion_that_multiplies_comes_to_an_end() {
    let schema = r##"{"$dynamicAnchor": "n", "type": ["array", "string"], "anyOf": [
        {"items": {"$ref": "#"}, "maxItems": 1}, {"items": {"$dynamicRef": "#n"}, "minItems": 1}]}"##;
    let value = format!("{}5{}", "[".repeat(60), "]".repeat(60));
    assert!(!compile(schema).unwrap().accepts(&json(&value)));
    let tree = r##"{"type": ["array", "integer"], "items": {"$ref": "#"}}"##;
    assert!(compile(tree).unwrap().accepts(&json(&value)));
}

#[test]
fn long_lists_are_no_reason_to_refuse() {
    let schema = r#"{"items": {"oneOf": [{"const": 1}, {"type": "object", "required": ["k"]}, {"type": "string", "pattern": "^x+$"}]}}"#;
    let list = format!("[{}]", vec![r#"{"k": 1}, 1, "xxx""#; 5000].join(","));
    assert!(compile(schema).unwrap().accepts(&json(&list)));
}
