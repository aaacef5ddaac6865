//! Types of parameters and results.

use mxcp_core::yaml::Data;

use super::found::Found;
use super::place::At;
use super::rule::{Rule, rules};
use super::subject::Subject;

rules! { Otherwise:
    NESTED_ENUM = "type-enum-within",
        "`enum` was checked for parameters themselves and ignored in items, properties and results",
        "checked wherever it stands",
        "see that results really have one of the values";
    TYPED_ENUM = "type-enum-converted",
        "`mxcp run` compared the text before it was converted: `enum: [1, 2]` never matched",
        "compared after conversion",
        "nothing";
    NULL_DEFAULT = "type-null-beside-enum",
        "a `default: null` beside an `enum` without null made every call that used it fail",
        "null passes",
        "see that the implementation copes with null";
    PATTERN = "type-pattern",
        "`pattern` was checked over MCP only, and not in lists of results",
        "checked for every call and every result",
        "see that results really match";
    BOOLEAN = "type-boolean-text",
        "on the command line every text but `true` was false, also `yes` and `1`",
        "`true false yes no on off 1 0` in any case; every other text is refused",
        "scripts that give something else have to be changed";
    FILLED = "type-object-filled",
        "of an object parameter, what was left out was null over MCP, for Python as well; on the command line it was absent, and its default was not used",
        "everywhere alike: defaults are used, SQL sees null, and Python doesn't see what is absent",
        "in Python, read optional properties with `.get()`";
    TIMESTAMP = "type-timestamp",
        "`format: timestamp` was read in the zone of the server",
        "read as UTC",
        "see that no offset was added somewhere to make up for it";
    WIDER_FORMAT = "type-format-wider",
        "`time` wanted `HH:MM:SS` exactly, `duration` knew neither weeks nor fractions",
        "seconds of a `time` may be left out or have a fraction; weeks and fractions of a `duration` are accepted",
        "nothing, unless the implementation counts on the narrow form";
    DATE_RESULT = "type-date-result",
        "a DATE in a result declared `string`, `format: date` was `2024-02-29T00:00:00`",
        "`2024-02-29`; tests may still expect the long form",
        "adapt clients that cut it";
    RESULT_RULES = "type-result-rules",
        "exclusive bounds, `multipleOf` and `uniqueItems` of results were not checked on the command line, and hardly over MCP",
        "checked for every result",
        "see that results really comply";
}

rules! { Same:
    MISPLACED = "type-rule-misplaced",
        "rules for another type, such as `minLength` of an integer, had no effect on the command line",
        "they have no effect anywhere",
        "remove them, or correct the `type`";
}

pub(super) const RULES: &[&Rule] = &[
    &NESTED_ENUM,
    &TYPED_ENUM,
    &NULL_DEFAULT,
    &PATTERN,
    &BOOLEAN,
    &FILLED,
    &TIMESTAMP,
    &WIDER_FORMAT,
    &DATE_RESULT,
    &RESULT_RULES,
    &MISPLACED,
];

/// Where a type stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Parameter,
    WithinParameter,
    Result,
}

/// Rules and the types that they are for.
const RULES_OF_TYPES: [(&str, &[&str]); 14] = [
    ("minLength", &["string"]),
    ("maxLength", &["string"]),
    ("pattern", &["string"]),
    ("format", &["string"]),
    ("minimum", &["number", "integer"]),
    ("maximum", &["number", "integer"]),
    ("exclusiveMinimum", &["number", "integer"]),
    ("exclusiveMaximum", &["number", "integer"]),
    ("multipleOf", &["number", "integer"]),
    ("minItems", &["array"]),
    ("maxItems", &["array"]),
    ("uniqueItems", &["array"]),
    ("items", &["array"]),
    ("properties", &["object"]),
];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    for (_, definition) in subject.each() {
        for parameter in definition.list("parameters") {
            look(&parameter, Role::Parameter, found);
        }
        if let Some(result) = definition.get("return") {
            look(&result, Role::Result, found);
        }
    }
}

fn look(ty: &At<'_>, role: Role, found: &mut Found) {
    let kind = ty.text_of("type").unwrap_or_default();
    let mut at = |rule: &'static Rule, key: &str| {
        if let Some(place) = ty.get(key) {
            found.at(rule, &place.key_span(), place.path());
        }
    };
    if ty.get("enum").is_some() {
        match role {
            Role::Parameter if kind == "string" => {}
            Role::Parameter => at(&TYPED_ENUM, "enum"),
            Role::WithinParameter | Role::Result => at(&NESTED_ENUM, "enum"),
        }
        let null = |at: &At<'_>| matches!(at.data(), Data::Null);
        let allows_null = ty.list("enum").iter().any(null);
        if role == Role::Parameter && !allows_null && ty.get("default").as_ref().is_some_and(null) {
            at(&NULL_DEFAULT, "default");
        }
    }
    if kind == "string" {
        at(&PATTERN, "pattern");
        match ty.text_of("format") {
            Some("timestamp") if role != Role::Result => at(&TIMESTAMP, "format"),
            Some("time" | "duration") if role != Role::Result => at(&WIDER_FORMAT, "format"),
            Some("date") if role == Role::Result => at(&DATE_RESULT, "format"),
            _ => {}
        }
    }
    if kind == "boolean" && role == Role::Parameter {
        at(&BOOLEAN, "type");
    }
    if kind == "object" && role != Role::Result {
        let required = ty.list("required");
        let is_optional = |name: &str| !required.iter().any(|required| required.text() == Some(name));
        let properties = ty.get("properties").map(|properties| properties.entries()).unwrap_or_default();
        if properties.iter().any(|(name, _)| is_optional(name)) {
            at(&FILLED, "properties");
        }
    }
    if role == Role::Result {
        for key in ["exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems"] {
            at(&RESULT_RULES, key);
        }
    }
    for (key, kinds) in RULES_OF_TYPES {
        if !kind.is_empty() && !kinds.contains(&kind) {
            at(&MISPLACED, key);
        }
    }
    let inner = if role == Role::Parameter { Role::WithinParameter } else { role };
    let items = ty.get("items").into_iter();
    let properties = ty.get("properties").into_iter().flat_map(|properties| properties.entries());
    for ty in items.chain(properties.map(|(_, ty)| ty)) {
        look(&ty, inner, found);
    }
}
