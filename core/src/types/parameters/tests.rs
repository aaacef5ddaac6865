use super::*;
use crate::types::testing::{argument_schema, json, object, parameters};
use crate::value::Value;

fn bind(definitions: &str, arguments: &str, unknown: UnknownArguments) -> Result<Bound, Vec<String>> {
    let (parameters, findings) = parameters(definitions);
    assert!(findings.is_empty(), "{findings:?}");
    parameters
        .bind(object(arguments), unknown)
        .map_err(|errors| errors.into_iter().map(|error| error.message).collect())
}

#[test]
fn binds_every_parameter_in_declared_order() {
    let definitions = "[{name: a, type: integer}, {name: b, type: string, default: null}, {name: c, type: number, default: 2}]";
    let bound = bind(definitions, r#"{"c": "3", "a": "1"}"#, UnknownArguments::Refuse).unwrap();
    assert_eq!(Value::Object(bound.values), json(r#"{"a": 1, "b": null, "c": 3.0}"#));
    let bound = bind(definitions, r#"{"a": 1}"#, UnknownArguments::Refuse).unwrap();
    assert_eq!(Value::Object(bound.values), json(r#"{"a": 1, "b": null, "c": 2.0}"#));
}

#[test]
fn tells_missing_then_unknown_then_wrong_values() {
    let errors = bind(
        "[{name: a, type: integer}, {name: b, type: integer}, {name: c, type: array, items: {type: object, properties: {k: {type: integer}}}}]",
        r#"{"zz": 1, "c": [{"k": "abc"}], "yy": 2}"#,
        UnknownArguments::Refuse,
    );
    assert_eq!(
        errors.unwrap_err(),
        [
            "Required parameter missing: a",
            "Required parameter missing: b",
            "Unknown parameter: zz",
            "Unknown parameter: yy",
            r#"Error validating parameter 'c[0].k': Expected integer, got "abc""#,
        ]
    );
}

#[test]
fn drops_unknown_arguments_where_clients_send_extras() {
    let bound = bind("[{name: a, type: integer}]", r#"{"a": 1, "zz": 1}"#, UnknownArguments::Drop).unwrap();
    assert_eq!(bound.dropped, ["zz"]);
    assert_eq!(Value::Object(bound.values), json(r#"{"a": 1}"#));
}

#[test]
fn a_default_its_type_refuses_is_warned_of_and_refused_on_use() {
    let (parameters, findings) = parameters("[{name: a, type: integer, default: x}]");
    assert_eq!(findings, [r#"warning 0.default: default does not fit its type: Expected integer, got "x""#]);
    let errors = parameters.bind(Object::new(), UnknownArguments::Refuse).unwrap_err();
    assert_eq!(errors[0].message, r#"Error validating parameter 'a': Expected integer, got "x""#);
    assert!(parameters.bind(object(r#"{"a": 1}"#), UnknownArguments::Refuse).is_ok());
}

#[test]
fn defaults_are_checked_inside_as_well() {
    let (_, findings) = parameters("[{name: a, type: array, items: {type: integer}, default: [1, x]}]");
    assert_eq!(
        findings,
        [r#"warning 0.default: default does not fit its type: 'default[1]': Expected integer, got "x""#]
    );
}

#[test]
fn default_null_beside_an_enum_works() {
    let bound = bind("[{name: a, type: string, enum: [x], default: null}]", "{}", UnknownArguments::Refuse);
    assert_eq!(bound.unwrap().values.get("a"), Some(&Value::Null));
}

#[test]
fn checks_names() {
    let (parameters, findings) = parameters(
        "[{type: string}, {name: '', type: string}, {name: 1a, type: string}, {name: a-b, type: string}, \
         {name: é_1, type: string}, {name: é_1, type: string}]",
    );
    assert_eq!(
        findings,
        [
            "error 0.name: Field required",
            "error 1.name: Value error, Parameter name cannot be empty",
            "error 2.name: Value error, Parameter name must start with a letter or underscore",
            "error 3.name: Value error, Parameter name must contain only alphanumeric characters or underscores",
            "error 5.name: Duplicate parameter name 'é_1'",
        ]
    );
    assert_eq!(parameters.names().collect::<Vec<_>>(), ["é_1"]);
}

#[test]
fn knows_whether_parameters_are_declared() {
    assert!(parameters("[]").0.is_declared());
    assert!(!Parameters::default().is_declared());
}

#[test]
fn redacts_arguments_by_their_types() {
    let (parameters, _) = parameters("[{name: a, type: string, sensitive: true}, {name: b, type: string}]");
    let redacted = parameters.redact(&object(r#"{"a": 1, "b": "x", "c": "y"}"#));
    assert_eq!(Value::Object(redacted), json(r#"{"a": "[REDACTED]", "b": "x", "c": "y"}"#));
}

#[test]
fn describes_arguments_faithfully() {
    let (parameters, _) = parameters(
        "[{name: sku, type: string, description: Number, minLength: 3, pattern: '^A', examples: [A-1]}, \
          {name: day, type: string, format: date, default: null}, \
          {name: at, type: string, format: timestamp}, \
          {name: unit, type: string, enum: [m, s], default: m}, \
          {name: n, type: integer, minimum: 1, maximum: 10.0, multipleOf: 0.5, default: 5.0}, \
          {name: tags, type: array, uniqueItems: true, maxItems: 3, items: {type: string}}, \
          {name: free, type: array, default: []}, \
          {name: o, type: object, required: [k], properties: {k: {type: boolean, enum: [true]}, l: {type: number, minimum: 0}}}, \
          {name: any, type: object, additionalProperties: false}]",
    );
    let expected = serde_json::json!({
        "type": "object",
        "properties": {
            "sku": {"type": "string", "description": "Number", "examples": ["A-1"], "minLength": 3, "pattern": "^A"},
            "day": {"type": ["string", "null"], "default": null, "format": "date"},
            "at": {"type": ["number", "string", "null"]},
            "unit": {"type": "string", "default": "m", "enum": ["m", "s"]},
            "n": {"type": "integer", "default": 5, "minimum": 1, "maximum": 10, "multipleOf": 0.5},
            "tags": {"type": "array", "items": {"type": ["string", "null"]}, "maxItems": 3, "uniqueItems": true},
            "free": {"type": ["array", "null"], "default": [], "items": {}},
            "o": {
                "type": "object",
                "properties": {
                    "k": {"type": "boolean", "enum": [true]},
                    "l": {"type": ["number", "null"], "minimum": 0},
                },
                "required": ["k"],
                "additionalProperties": true,
            },
            "any": {"type": ["object", "null"], "additionalProperties": false},
        },
        "required": ["sku", "at", "tags", "o", "any"],
    });
    let schema = parameters.input_schema();
    assert_eq!(schema, expected);
    let names: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["sku", "at", "tags", "o", "any", "day", "unit", "n", "free"]);
}

#[test]
fn an_endpoint_without_parameters_says_so() {
    assert_eq!(
        Parameters::default().input_schema(),
        serde_json::json!({"type": "object", "properties": {}, "additionalProperties": false})
    );
}

#[test]
fn defaults_of_a_schema_of_all_arguments_stand_for_what_is_absent() {
    let (parameters, findings) = argument_schema(
        r#"{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "default": 1},
            "b": {"type": "array", "default": [2], "examples": [[3]]}, "c": {"type": "string"}}}"#,
    );
    assert!(findings.is_empty(), "{findings:?}");
    let bind = |arguments| parameters.bind(object(arguments), UnknownArguments::Refuse);
    let bound = bind(r#"{"a": 5}"#).unwrap();
    assert_eq!(Value::Object(bound.values), json(r#"{"a": 5, "b": [2], "c": null}"#));
    assert_eq!(bind("{}").unwrap_err()[0].message, "Required parameter missing: a");
    assert_eq!(parameters.get("b").unwrap().ty.examples(), [serde_json::json!([3])]);
    assert_eq!(
        argument_schema(r#"{"type": "object", "properties": {"a": {"minimum": 1, "default": 0}}}"#).1,
        ["warning input_schema.properties.a.default: default does not fit its schema: Value must be >= 1"]
    );
}

const FILLED: &str = "[{name: owner, type: string, from: user.email}, {name: team, type: integer, from: user.team.id, default: 0}, \
    {name: role, type: string, enum: [admin, user], from: user.role}, {name: n, type: integer, default: 1}]";

fn bind_of(user: Option<&str>, arguments: &str, unknown: UnknownArguments) -> Result<String, Vec<String>> {
    let user = user.map(|user| Principal::from_context(json(user), "test").unwrap());
    let (parameters, findings) = parameters(FILLED);
    assert!(findings.is_empty(), "{findings:?}");
    parameters
        .bind_with(object(arguments), unknown, Absent::Null, user.as_ref())
        .map(|bound| Value::Object(bound.values).to_json_text())
        .map_err(|errors| errors.into_iter().map(|error| error.message).collect())
}

#[test]
fn what_comes_from_the_caller_is_filled_in_and_converted() {
    let ada = r#"{"email": "ada@example.org", "team": {"id": "7"}}"#;
    let bound = bind_of(Some(ada), r#"{"n": 2}"#, UnknownArguments::Drop).unwrap();
    assert_eq!(bound, r#"{"owner":"ada@example.org","team":7,"role":"user","n":2}"#);
    let bob = r#"{"email": "bob@example.org", "role": "admin"}"#;
    let bound = bind_of(Some(bob), "{}", UnknownArguments::Refuse).unwrap();
    assert_eq!(bound, r#"{"owner":"bob@example.org","team":0,"role":"admin","n":1}"#);
}

#[test]
fn nobody_gives_what_comes_from_the_caller() {
    let ada = Some(r#"{"email": "ada@example.org"}"#);
    for unknown in [UnknownArguments::Drop, UnknownArguments::Refuse] {
        for value in [r#""eve@example.org""#, r#""ada@example.org""#, "null"] {
            let errors = bind_of(ada, &format!(r#"{{"owner": {value}}}"#), unknown).unwrap_err();
            assert_eq!(errors, ["Parameter 'owner' is filled in from who the caller is, and can't be given"]);
        }
    }
}

#[test]
fn a_caller_without_a_claim_is_told_so_and_one_of_the_wrong_kind_is_not_shown() {
    let errors = bind_of(None, "{}", UnknownArguments::Drop).unwrap_err();
    assert_eq!(
        errors,
        [
            "Parameter 'owner' is filled in from `user.email`, and nobody is known to call",
            "Parameter 'role' is filled in from `user.role`, which does not fit: Invalid value for role. Must be one of: ['admin', 'user']",
        ]
    );
    let errors = bind_of(Some(r#"{"email": null}"#), "{}", UnknownArguments::Drop).unwrap_err();
    let problem = "Parameter 'owner' is filled in from `user.email`, and the caller has no such claim";
    assert_eq!(errors, [problem]);
    let odd = r#"{"email": "e", "team": {"id": "hush"}}"#;
    let errors = bind_of(Some(odd), "{}", UnknownArguments::Drop).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("`user.team.id`, which does not fit: "), "{errors:?}");
    assert!(!errors[0].contains("hush"), "{errors:?}");
}

#[test]
fn nobody_is_told_of_what_comes_from_the_caller() {
    let (some, _) = parameters(FILLED);
    let schema = some.input_schema();
    let names: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((names, schema.get("required")), (vec!["n"], None));
    let (all, _) = parameters("[{name: owner, type: string, from: user.email}]");
    let empty = serde_json::json!({"type": "object", "properties": {}, "additionalProperties": false});
    assert_eq!(all.input_schema(), empty);
}

#[test]
fn only_parameters_come_from_the_caller() {
    let (_, findings) = parameters(
        "[{name: a, type: string, from: email}, {name: b, type: string, from: user}, \
          {name: c, type: string, from: user.external_token}, {name: d, type: array, items: {type: string, from: user.id}}, \
          {name: e, type: object, properties: {from: {type: string, from: user.id}}}, \
          {name: f, schema: {type: object, properties: {from: {type: string}, x: {type: string, from: user.id}}}}, \
          {name: g, type: string, from: user.id, x-mcp-header: G}, \
          {name: h, type: string, from: user.id, examples: [x]}, {name: i, schema: {type: string}, from: user.id}]",
    );
    let misplaced = "only a parameter of the list `parameters` can come from the caller";
    assert_eq!(
        findings,
        [
            "error 0.from: `email` is not known of the caller: claims begin with `user.`".to_owned(),
            "error 1.from: `user` names no claim".to_owned(),
            "error 2.from: `user.external_token` is no claim: code asks for the caller's token itself"
                .to_owned(),
            format!("error 3.items.from: {misplaced}"),
            format!("error 4.properties.from.from: {misplaced}"),
            format!("error 5.schema.properties.x.from: {misplaced}"),
            "error 6.x-mcp-header: nobody sends a header of a parameter that comes from the caller"
                .to_owned(),
            "warning 7.examples: nobody is shown examples of a parameter that comes from the caller"
                .to_owned(),
        ]
    );
}
