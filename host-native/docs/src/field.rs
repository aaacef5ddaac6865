//! Rows of the tables that describe parameters and results.

use mxcp_core::types::{Kind, Parameters, Property, Type};
use mxcp_core::value::Value;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::json;
use crate::prose::Prose;
use crate::words;

/// Deepest level that is indented further than the one above.
const MAX_DEPTH: usize = 6;

/// One parameter, property or kind of item.
#[derive(Debug, Serialize)]
pub(crate) struct Field {
    /// How deep it is nested.
    depth: usize,
    /// Its name; `each item` if it has none.
    name: String,
    named: bool,
    /// Its type in words.
    kind: String,
    /// Whether it must be given.
    required: bool,
    /// Whether it is there, in a word or two.
    presence: Option<&'static str>,
    sensitive: bool,
    /// What stands in for it if it is absent.
    default: Option<String>,
    description: Vec<Prose>,
    rules: Vec<Prose>,
    choices: Vec<String>,
    examples: Vec<String>,
}

/// The rows of an endpoint's parameters.
pub(crate) fn parameters(parameters: &Parameters) -> Vec<Field> {
    let mut rows = Vec::new();
    for parameter in parameters.iter() {
        let presence = match parameter.is_given() {
            true => Presence::of_argument(parameter.is_required()),
            false => Presence::FromCaller,
        };
        let place = Place {
            depth: 0,
            name: Some(&parameter.name),
            presence,
            hidden: false,
            direction: Direction::In,
        };
        add(&mut rows, &place, &parameter.ty);
    }
    rows
}

/// The rows of what is inside a result: properties, or those of each item.
pub(crate) fn inside(ty: &Type) -> Vec<Field> {
    let mut rows = Vec::new();
    add_inside(&mut rows, 0, ty, ty.is_sensitive(), Direction::Out);
    rows
}

/// Whether values come in or go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// Whether a value is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
    /// Nobody gives it: it is filled in from who calls.
    FromCaller,
    /// Others beside it are always there.
    MayBeAbsent,
    /// There is nothing to say.
    Unsaid,
}

impl Presence {
    fn of_argument(required: bool) -> Self {
        if required { Self::Required } else { Self::Optional }
    }

    fn words(self) -> Option<&'static str> {
        match self {
            Self::Required => Some("required"),
            Self::Optional => Some("optional"),
            Self::FromCaller => Some("from the caller"),
            Self::MayBeAbsent => Some("may be absent"),
            Self::Unsaid => None,
        }
    }
}

/// Where a type stands.
struct Place<'a> {
    depth: usize,
    name: Option<&'a str>,
    presence: Presence,
    /// Whether something around it is sensitive.
    hidden: bool,
    direction: Direction,
}

fn add(rows: &mut Vec<Field>, place: &Place<'_>, ty: &Type) {
    let hidden = place.hidden || ty.has_sensitive();
    let shown = |value: &Json| json::line(value);
    rows.push(Field {
        depth: place.depth.min(MAX_DEPTH),
        name: place.name.unwrap_or("each item").to_owned(),
        named: place.name.is_some(),
        kind: words::kind(ty),
        required: place.presence == Presence::Required,
        presence: place.presence.words(),
        sensitive: ty.is_sensitive(),
        default: ty
            .default()
            .filter(|value| !hidden && !value.is_null())
            .map(|value| shown(&Value::to_json(value))),
        description: ty.description().map(Prose::paragraphs).unwrap_or_default(),
        rules: words::rules(ty),
        choices: ty.choices().filter(|_| !hidden).unwrap_or_default().iter().map(shown).collect(),
        examples: if hidden { Vec::new() } else { ty.examples().iter().map(shown).collect() },
    });
    add_inside(rows, place.depth + 1, ty, place.hidden || ty.is_sensitive(), place.direction);
}

fn add_inside(rows: &mut Vec<Field>, depth: usize, ty: &Type, hidden: bool, direction: Direction) {
    if let Kind::Schema(raw) = ty.kind() {
        return add_described(
            rows,
            &Place { depth, name: None, presence: Presence::Unsaid, hidden, direction },
            raw.written(),
        );
    }
    let some_are_required = ty.properties().iter().any(Property::is_required);
    for property in ty.properties() {
        let presence = match direction {
            Direction::In => Presence::of_argument(property.is_required()),
            Direction::Out if some_are_required && !property.is_required() => Presence::MayBeAbsent,
            Direction::Out => Presence::Unsaid,
        };
        let place = Place { depth, name: Some(property.name()), presence, hidden, direction };
        add(rows, &place, property.ty());
    }
    if let Some(items) = ty.items().filter(|items| says_more(items)) {
        // The properties of items stand for the items, unless there is something to say about these themselves.
        let place = Place { depth, name: None, presence: Presence::Unsaid, hidden, direction };
        if items.properties().is_empty() || depth > 0 {
            add(rows, &place, items);
        } else {
            add_inside(rows, depth, items, hidden || items.is_sensitive(), direction);
        }
    }
}

/// The properties that a JSON Schema lists itself; the rest of it is for whoever reads the schema.
fn add_described(rows: &mut Vec<Field>, place: &Place<'_>, schema: &Map<String, Json>) {
    let required = schema.get("required").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
        let nothing = Map::new();
        let property = property.as_object().unwrap_or(&nothing);
        let shown = |key: &str| property.get(key).filter(|_| !place.hidden);
        let list =
            |key: &str| shown(key).and_then(Json::as_array).into_iter().flatten().map(json::line).collect();
        let is_required = required.iter().any(|one| one.as_str() == Some(name));
        let presence = match place.direction {
            Direction::In => Presence::of_argument(is_required),
            Direction::Out if is_required => Presence::Unsaid,
            Direction::Out => Presence::MayBeAbsent,
        };
        let description = property.get("description").and_then(Json::as_str);
        rows.push(Field {
            depth: place.depth.min(MAX_DEPTH),
            name: name.clone(),
            named: true,
            kind: words::of_schema(property).to_owned(),
            required: presence == Presence::Required,
            presence: presence.words(),
            sensitive: false,
            default: shown("default").map(json::line),
            description: description.map(Prose::paragraphs).unwrap_or_default(),
            rules: property
                .get("x-mcp-header")
                .and_then(Json::as_str)
                .map(words::in_header)
                .into_iter()
                .collect(),
            choices: list("enum"),
            examples: list("examples"),
        });
        add_described(rows, &Place { depth: place.depth + 1, name: None, ..*place }, property);
    }
}

/// Whether there is more to say about items than what they are.
fn says_more(ty: &Type) -> bool {
    ty.description().is_some()
        || ty.choices().is_some()
        || ty.is_sensitive()
        || !ty.examples().is_empty()
        || !ty.properties().is_empty()
        || ty.items().is_some_and(says_more)
        || !words::rules(ty).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing;

    #[test]
    fn what_comes_from_the_caller_says_so() {
        assert_eq!(said("type: string, from: user.email"), ["0 a text from the caller []"]);
    }

    fn said(parameter: &str) -> Vec<String> {
        let tool =
            format!("tool: {{name: t, source: {{code: SELECT 1}}, parameters: [{{name: a, {parameter}}}]}}");
        let registry = testing::registry(&[("tools/t.yml", &tool)]);
        let rows = parameters(&registry.endpoints().next().unwrap().parameters);
        let said = |row: &Field| {
            let presence = row.presence.unwrap_or_default();
            let values: Vec<&String> = row.choices.iter().chain(&row.examples).collect();
            format!("{} {} {} {presence} {values:?}", row.depth, row.name, row.kind)
        };
        rows.iter().map(said).collect()
    }

    #[test]
    fn properties_of_a_json_schema_have_rows() {
        let schema = "{type: object, required: [b], properties: {b: {type: integer, examples: [5]}, \
            c: {type: object, properties: {d: {enum: [x]}}}, e: true}}";
        assert_eq!(
            said(&format!("schema: {schema}")),
            [
                "0 a object required []",
                "1 b whole number required [\"5\"]",
                "1 c object optional []",
                "2 d value of a JSON Schema optional [\"\\\"x\\\"\"]",
                "1 e value of a JSON Schema optional []",
            ]
        );
        let hidden = said(&format!("sensitive: true, schema: {schema}"));
        assert!(hidden.iter().all(|row| row.ends_with("[]")), "{hidden:?}");
    }
}
