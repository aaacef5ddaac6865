//! A call to try: made from examples, defaults and types.

mod caller;

use mxcp_core::definition::{Endpoint, Kind};
use mxcp_core::schema::Format;
use mxcp_core::types::{self, Bounds, Parameter, Type};
use mxcp_core::value::Value;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::json::{Token, tokens};
use crate::shell;

/// A call in the two ways it can be made.
#[derive(Debug, Serialize)]
pub(crate) struct Example {
    /// `mxcp run …`, after what writes the files it reads.
    command: String,
    /// The request of a client.
    request: Vec<Token>,
}

impl Example {
    /// A call of an endpoint.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        let arguments = arguments(endpoint);
        let command = command(endpoint, &arguments);
        let (method, params) = match endpoint.kind {
            Kind::Tool => ("tools/call", json!({ "name": endpoint.name, "arguments": arguments })),
            Kind::Resource => ("resources/read", json!({ "uri": address(&endpoint.name, &arguments) })),
            Kind::Prompt => {
                // The arguments of prompts are always texts.
                let texts = arguments.into_iter().map(|(name, value)| (name, Json::String(text(&value))));
                let texts: Map<String, Json> = texts.collect();
                ("prompts/get", json!({ "name": endpoint.name, "arguments": texts }))
            }
        };
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Self { command, request: tokens(&request) }
    }
}

/// The lines of a shell that make the call.
fn command(endpoint: &Endpoint, arguments: &Map<String, Json>) -> String {
    let mut files = String::new();
    let mut command = format!("mxcp run {} {}", endpoint.kind, shell::quoted(&endpoint.name));
    for (name, value) in arguments {
        let mut given = text(value);
        // What begins with `@` names a file, so such a text must stand in one.
        if given.starts_with('@') {
            let file = format!("{name}.json");
            files.push_str(&format!(
                "printf '%s' {} > {}\n",
                shell::quoted(&value.to_string()),
                shell::quoted(&file)
            ));
            given = format!("@{file}");
        }
        command.push_str(&format!(" --param {}", shell::quoted(&format!("{name}={given}"))));
    }
    if let Some(caller) = caller::of(endpoint) {
        command.push_str(&format!(" --user-context {}", shell::quoted(&caller.to_string())));
    }
    files + &command
}

/// A value for everything a call needs, and for what has examples.
fn arguments(endpoint: &Endpoint) -> Map<String, Json> {
    let wanted = |parameter: &&Parameter| parameter.is_required() || shown_example(&parameter.ty).is_some();
    let parameters = endpoint.parameters.given().filter(wanted);
    parameters.map(|parameter| (parameter.name.to_string(), value(&parameter.ty))).collect()
}

/// A URI template with values in it.
fn address(template: &str, arguments: &Map<String, Json>) -> String {
    arguments.iter().fold(template.to_owned(), |uri, (name, value)| {
        uri.replace(&format!("{{{name}}}"), &encoded(&text(value)))
    })
}

/// A text as part of a path of a URI.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let part = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(part).collect()
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shown_example(ty: &Type) -> Option<&Json> {
    ty.examples().first().filter(|_| !ty.has_sensitive())
}

/// A value of a type.
fn value(ty: &Type) -> Json {
    if let Some(example) = shown_example(ty) {
        return example.clone();
    }
    if !ty.has_sensitive() {
        if let Some(default) = ty.default().filter(|default| !default.is_null()) {
            return Value::to_json(default);
        }
        if let Some(choice) = ty.choices().and_then(|choices| choices.iter().find(|choice| !choice.is_null()))
        {
            return choice.clone();
        }
    }
    match ty.kind() {
        types::Kind::Boolean => json!(true),
        types::Kind::Integer(integer) => within(integer.bounds()),
        types::Kind::Number(number) => within(number.bounds()),
        types::Kind::String(string) => match string.format() {
            Some(Format::Email) => json!("name@example.com"),
            Some(Format::Uri) => json!("https://example.com/"),
            Some(Format::Date) => json!("2025-01-31"),
            Some(Format::Time) => json!("13:30:00"),
            Some(Format::DateTime) => json!("2025-01-31T13:30:00Z"),
            Some(Format::Duration) => json!("P1D"),
            Some(Format::Timestamp) => json!(1_738_330_200),
            None => json!("…"),
        },
        types::Kind::Array(array) => match array.items() {
            Some(items) => json!([value(items)]),
            None => json!([]),
        },
        types::Kind::Object(object) => {
            let needed = object.properties().iter().filter(|property| property.is_required());
            needed
                .map(|property| (property.name().to_owned(), value(property.ty())))
                .collect::<Map<_, _>>()
                .into()
        }
        types::Kind::Schema(raw) => of_schema(raw.written(), ty.has_sensitive()),
    }
}

/// A value that a JSON Schema gives itself, unless it is sensitive, else the simplest of its type; whether it fits all
/// of the schema is for whoever wrote no `examples` to see.
fn of_schema(schema: &Map<String, Json>, sensitive: bool) -> Json {
    let first = |key: &str| schema.get(key).and_then(|list| list.get(0));
    let given = first("examples").or(schema.get("default")).or(schema.get("const")).or(first("enum"));
    given.filter(|_| !sensitive).cloned().unwrap_or_else(|| match schema.get("type").and_then(Json::as_str) {
        Some("string") => json!("…"),
        Some("number" | "integer") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        _ => json!({}),
    })
}

/// A small number that a value may be.
fn within(bounds: &Bounds) -> Json {
    let least = bounds.minimum().or(bounds.exclusive_minimum().map(|limit| limit.floor() + 1.0));
    let most = bounds.maximum().or(bounds.exclusive_maximum().map(|limit| limit.ceil() - 1.0));
    let step = bounds.multiple_of().unwrap_or(1.0);
    let number = least.unwrap_or_else(|| most.map_or(step, |most| most.min(step)));
    #[expect(clippy::cast_possible_truncation, reason = "whole numbers of this size are exact")]
    if number.fract() == 0.0 && number.abs() < 9e15 { json!(number as i64) } else { json!(number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing;

    fn said(path: &str, definition: &str) -> String {
        let registry = testing::registry(&[(path, definition)]);
        Example::of(registry.endpoints().next().unwrap()).command
    }

    fn with(parameters: &str) -> String {
        let tool = format!("tool: {{name: t, source: {{code: SELECT 1}}, parameters: [{parameters}]}}");
        said("tools/t.yml", &tool).trim_start_matches("mxcp run tool t").trim().to_owned()
    }

    #[test]
    fn examples_come_before_choices_and_these_before_what_the_type_suggests() {
        assert_eq!(with("{name: a, type: string, enum: [x, y], examples: [y]}"), "--param a=y");
        assert_eq!(with("{name: a, type: string, enum: [x, y]}"), "--param a=x");
        assert_eq!(with("{name: a, type: integer, exclusiveMinimum: 4}"), "--param a=5");
        assert_eq!(with("{name: a, type: number, maximum: 0.5}"), "--param a=0.5");
        assert_eq!(
            with(
                "{name: a, type: object, required: [b], properties: {b: {type: boolean}, c: {type: string}}}"
            ),
            r#"--param 'a={"b":true}'"#
        );
    }

    #[test]
    fn optional_parameters_are_given_where_they_have_examples() {
        assert_eq!(
            with("{name: a, type: integer, default: 3}, {name: b, type: integer, default: 3, examples: [7]}"),
            "--param b=7"
        );
    }

    #[test]
    fn what_comes_from_the_caller_is_told_of_the_caller() {
        assert_eq!(
            with("{name: a, type: string, from: user.email}, {name: b, type: integer}"),
            r#"--param b=1 --user-context '{"email":"name@example.com"}'"#
        );
    }

    #[test]
    fn a_text_that_looks_like_a_file_is_put_into_one() {
        assert_eq!(
            said(
                "tools/t.yml",
                "tool: {name: t, source: {code: SELECT 1}, parameters: [{name: who, type: string, examples: [\"@it's\"]}]}"
            ),
            "printf '%s' '\"@it'\\''s\"' > who.json\nmxcp run tool t --param who=@who.json"
        );
    }

    #[test]
    fn values_are_quoted_for_the_shell() {
        assert_eq!(with("{name: a, type: string, examples: [\"it's; rm\"]}"), r"--param 'a=it'\''s; rm'");
    }

    #[test]
    fn values_are_encoded_in_the_addresses_of_resources() {
        assert_eq!(encoded("a/b ü~"), "a%2Fb%20%C3%BC~");
        let arguments = Map::from_iter([("id".to_owned(), json!("O 1")), ("n".to_owned(), json!(2))]);
        assert_eq!(address("orders://{n}/{id}", &arguments), "orders://2/O%201");
    }
}
