//! Rows of the tables that describe parameters and results.

use mxcp_core::types::{Parameters, Property, Type};
use mxcp_core::value::Value;
use serde::Serialize;
use serde_json::Value as Json;

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
        let presence = Presence::of_argument(parameter.is_required());
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
