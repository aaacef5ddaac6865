//! Types in words.

use mxcp_core::schema::{ContentKind, Format};
use mxcp_core::types::{Bounds, Kind, Type};
use serde_json::{Map, Value as Json};

use crate::prose::Prose;

/// What a value is: `whole number`, `list of dates`.
pub(crate) fn kind(ty: &Type) -> String {
    match ty.kind() {
        Kind::Array(array) => match array.items() {
            Some(items) => format!("list of {}", plural(items)),
            None => "list".to_owned(),
        },
        Kind::String(string) => match string.format() {
            None => return string.media_type().map_or_else(|| "text".to_owned(), |media| of_media(media)),
            Some(Format::Email) => "e-mail address",
            Some(Format::Uri) => "URI",
            Some(Format::Date) => "date",
            Some(Format::Time) => "time of day",
            Some(Format::DateTime) => "date and time",
            Some(Format::Duration) => "duration",
            Some(Format::Timestamp) => "Unix timestamp",
        }
        .to_owned(),
        Kind::Number(_) => "number".to_owned(),
        Kind::Integer(_) => "whole number".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Object(object) => match object.content() {
            None => "object",
            Some(ContentKind::Resource) => "resource",
            Some(ContentKind::ResourceLink) => "link to a resource",
        }
        .to_owned(),
        Kind::Schema(raw) => of_schema(raw.written()).to_owned(),
    }
}

/// What a text holds.
fn of_media(media_type: &str) -> String {
    match media_type.split_once('/') {
        Some(("image", _)) => format!("image ({media_type})"),
        Some(("audio", _)) => format!("sound ({media_type})"),
        _ => format!("text ({media_type})"),
    }
}

/// The kind of what a JSON Schema describes, as far as one word can say it.
pub(crate) fn of_schema(schema: &Map<String, Json>) -> &'static str {
    match schema.get("type").and_then(Json::as_str) {
        Some("string") => "text",
        Some("number") => "number",
        Some("integer") => "whole number",
        Some("boolean") => "true or false",
        Some("array") => "list",
        Some("object") => "object",
        _ => "value of a JSON Schema",
    }
}

fn plural(ty: &Type) -> String {
    match ty.kind() {
        Kind::Array(array) => match array.items() {
            Some(items) => format!("lists of {}", plural(items)),
            None => "lists".to_owned(),
        },
        Kind::Boolean => "true-or-false values".to_owned(),
        Kind::String(string) => match string.format() {
            Some(Format::Email) => "e-mail addresses".to_owned(),
            Some(Format::Time) => "times of day".to_owned(),
            Some(Format::DateTime) => "dates with time".to_owned(),
            None if string.media_type().is_some() => match kind(ty).split_once(' ') {
                Some((what, media_type)) => format!("{what}s {media_type}"),
                None => kind(ty) + "s",
            },
            _ => kind(ty) + "s",
        },
        Kind::Object(object) if object.content() == Some(ContentKind::ResourceLink) => {
            "links to resources".to_owned()
        }
        Kind::Schema(raw) if of_schema(raw.written()) == "value of a JSON Schema" => {
            "values of a JSON Schema".to_owned()
        }
        _ => kind(ty) + "s",
    }
}

/// What values must keep to, a phrase for each rule, and where else they are sent.
pub(crate) fn rules(ty: &Type) -> Vec<Prose> {
    let repeated = ty.header().map(in_header);
    rules_of_kind(ty).into_iter().chain(repeated).collect()
}

/// That clients repeat an argument in a header.
pub(crate) fn in_header(name: &str) -> Prose {
    Prose::default().text("clients repeat it in the header ").code(format!("Mcp-Param-{name}"))
}

fn rules_of_kind(ty: &Type) -> Vec<Prose> {
    let plain = |text: String| Prose::default().text(text);
    match ty.kind() {
        Kind::Boolean => Vec::new(),
        Kind::Number(number) => bounds(number.bounds()).into_iter().map(plain).collect(),
        Kind::Integer(integer) => bounds(integer.bounds()).into_iter().map(plain).collect(),
        Kind::String(string) => {
            let length = range(string.min_length(), string.max_length(), "character");
            let pattern = string.pattern().map(|pattern| Prose::default().text("matches ").code(pattern));
            length.map(plain).into_iter().chain(pattern).collect()
        }
        Kind::Array(array) => {
            let number = range(array.min_items(), array.max_items(), "item");
            let unique = array.has_unique_items().then(|| "no item twice".to_owned());
            number.into_iter().chain(unique).map(plain).collect()
        }
        Kind::Object(object) => (!object.additional_properties())
            .then(|| plain("no other properties".to_owned()))
            .into_iter()
            .collect(),
        Kind::Schema(_) => vec![plain("must fit its JSON Schema, which stands below".to_owned())],
    }
}

fn bounds(bounds: &Bounds) -> Vec<String> {
    let both = bounds.minimum().zip(bounds.maximum());
    let alone = both.is_none();
    [
        both.map(|(least, most)| format!("from {least} to {most}")),
        bounds.minimum().filter(|_| alone).map(|least| format!("at least {least}")),
        bounds.maximum().filter(|_| alone).map(|most| format!("at most {most}")),
        bounds.exclusive_minimum().map(|limit| format!("more than {limit}")),
        bounds.exclusive_maximum().map(|limit| format!("less than {limit}")),
        bounds.multiple_of().map(|step| format!("a multiple of {step}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn range(least: Option<u64>, most: Option<u64>, what: &str) -> Option<String> {
    let counted = |number: u64| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    Some(match (least.filter(|least| *least > 0), most) {
        (Some(least), Some(most)) if least == most => format!("exactly {}", counted(most)),
        (Some(least), Some(most)) => format!("{least} to {}", counted(most)),
        (Some(least), None) => format!("at least {}", counted(least)),
        (None, Some(most)) => format!("at most {}", counted(most)),
        (None, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing;

    fn said(yaml: &str) -> String {
        let registry = testing::registry(&[(
            "tools/t.yml",
            &format!("tool: {{name: t, source: {{code: SELECT 1}}, return: {yaml}}}"),
        )]);
        let endpoint = registry.endpoints().next().unwrap();
        let ty = endpoint.returns.as_ref().unwrap();
        let mut said = vec![kind(ty)];
        said.extend(rules(ty).iter().map(Prose::plain));
        said.join("; ")
    }

    #[test]
    fn kinds_have_words_and_lists_plurals() {
        assert_eq!(said("{type: string, format: date-time}"), "date and time");
        assert_eq!(
            said("{type: array, items: {type: array, items: {type: string}}}"),
            "list of lists of texts"
        );
        assert_eq!(said("{type: array, items: {type: string, format: email}}"), "list of e-mail addresses");
        assert_eq!(said("{type: array, items: {type: boolean}}"), "list of true-or-false values");
        assert_eq!(said("{type: array}"), "list");
        assert_eq!(
            said("{type: array, items: {type: string, contentMediaType: image/png}}"),
            "list of images (image/png)"
        );
        assert_eq!(said("{type: string, contentMediaType: audio/wav}"), "sound (audio/wav)");
        assert_eq!(
            said(
                "{type: object, content: resource, properties: {uri: {type: string}, text: {type: string}}}"
            ),
            "resource"
        );
    }

    #[test]
    fn a_header_is_named() {
        let tool = "tool: {name: t, source: {code: SELECT 1}, parameters: [{name: a, type: string, x-mcp-header: Region}]}";
        let registry = testing::registry(&[("tools/t.yml", tool)]);
        let endpoint = registry.endpoints().next().unwrap();
        let said: Vec<String> =
            rules(&endpoint.parameters.get("a").unwrap().ty).iter().map(Prose::plain).collect();
        assert_eq!(said, ["clients repeat it in the header `Mcp-Param-Region`"]);
    }

    #[test]
    fn rules_have_words() {
        assert_eq!(said("{type: integer, minimum: 1, maximum: 100}"), "whole number; from 1 to 100");
        assert_eq!(
            said("{type: number, exclusiveMinimum: 0, maximum: 0.5, multipleOf: 0.1}"),
            "number; at most 0.5; more than 0; a multiple of 0.1"
        );
        assert_eq!(
            said("{type: string, minLength: 1, pattern: '^a'}"),
            "text; at least 1 character; matches `^a`"
        );
        assert_eq!(
            said("{type: array, minItems: 2, maxItems: 2, uniqueItems: true}"),
            "list; exactly 2 items; no item twice"
        );
        assert_eq!(said("{type: object, additionalProperties: false}"), "object; no other properties");
    }
}
