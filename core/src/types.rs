//! The type system: converting arguments, checking results, describing both as JSON Schema.
//!
//! A [`Type`] is compiled once from a [`TypeDef`] and then used in two directions. *Inwards*
//! ([`Parameters::bind`]) it converts leniently, as arguments come from command lines and from models:
//! `"5"` is an integer. *Outwards* ([`Type::check_output`]) it is strict, and [`render()`] gives the remaining
//! kinds that JSON has no word for their text. The served schemas ([`Parameters::input_schema`],
//! [`Type::output_schema`]) say what the two accept. Each kind of type has its own file with both directions
//! and its part of the schema.

mod array;
mod boolean;
mod bounds;
mod caller;
mod choices;
mod content;
mod decimal;
mod default;
mod fault;
mod format;
mod header;
mod integer;
mod json_schema;
mod json_text;
mod kind;
mod number;
mod object;
mod parameters;
mod parts;
mod place;
mod raw;
mod render;
mod schema;
mod sensitive;
mod string;
#[cfg(test)]
pub(crate) mod testing;

pub use array::ArrayType;
pub use bounds::Bounds;
pub(crate) use caller::refuse as refuse_from;
pub use content::{Block, ContentPlan, ResourceBody};
pub use integer::IntegerType;
pub(crate) use json_text::is_deeper;
pub use kind::{Form, Kind};
pub use number::NumberType;
pub use object::{ObjectType, Property};
pub use parameters::{Bound, Parameter, Parameters};
pub use place::Absent;
pub use raw::RawType;
pub use render::{render, render_value};
pub use schema::OutputEffects;
pub(crate) use sensitive::each_sensitive;
pub use sensitive::{REDACTED, redact_sensitive, remove_sensitive};
pub use string::StringType;

use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{TypeDef, TypeName};
use crate::value::Value;
use crate::yaml::{DocPath, Report};
use choices::Choices;
use default::DefaultValue;
use json_schema::Types;
use place::{Place, Problems};

/// A compiled type.
#[derive(Clone, Debug)]
pub struct Type {
    kind: Kind,
    description: Option<String>,
    default: Option<DefaultValue>,
    examples: Vec<Json>,
    choices: Option<Choices>,
    /// The header that clients repeat an argument in.
    header: Option<String>,
    sensitive: bool,
    // INVARIANT: true if the type or any type inside it is sensitive.
    conceals: bool,
    // INVARIANT: whether an argument of this type may be null; the served schema says the same.
    nullable: bool,
    /// Made when it is asked for: of most types it never is.
    content_plan: OnceLock<Option<Arc<ContentPlan>>>,
}

impl Type {
    /// Compiles a type as written at `path`; what is wrong with it goes to `report`. None if there are errors.
    pub fn compile(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Option<Self> {
        if let Some(written) = &def.schema {
            let kind = Kind::Schema(RawType::compile(def, written, path, report)?);
            return Some(Self::of(kind, def, path, report));
        }
        let Some(name) = def.kind else {
            report.add(&path.key("type"), Diagnostic::error(Code::MissingKey, "Field required"));
            return None;
        };
        let kind = match name {
            TypeName::String => Kind::String(StringType::compile(def, path, report)?),
            TypeName::Number => Kind::Number(NumberType::compile(def, path, report)?),
            TypeName::Integer => Kind::Integer(IntegerType::compile(def, path, report)?),
            TypeName::Boolean => Kind::Boolean,
            TypeName::Array => Kind::Array(ArrayType::compile(def, path, report)?),
            TypeName::Object => Kind::Object(ObjectType::compile(def, path, report)?),
        };
        content::check(def, &kind, path, report);
        Some(Self::of(kind, def, path, report))
    }

    fn of(kind: Kind, def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Self {
        let sensitive = def.sensitive.unwrap_or(false);
        let conceals = sensitive
            || match &kind {
                Kind::Array(array) => array.items().is_some_and(|items| items.conceals),
                Kind::Object(object) => object.properties().iter().any(|property| property.ty().conceals),
                _ => false,
            };
        let mut compiled = Self {
            // A header can't say null.
            nullable: def.enumeration.is_none() && def.header.is_none() && !kind.is_constrained(),
            kind,
            description: def.description.clone(),
            default: None,
            examples: def.examples.clone().unwrap_or_default(),
            choices: None,
            header: def.header.clone(),
            sensitive,
            conceals,
            content_plan: OnceLock::new(),
        };
        if let Some(written) = &def.enumeration {
            let choices = Choices::compile(written, &compiled, &path.key("enum"), report);
            compiled.nullable |= choices.allow_null();
            compiled.choices = Some(choices);
        }
        if let Some(written) = &def.default {
            compiled.nullable |= written.is_null();
            compiled.default = Some(compiled.compile_default(written, &path.key("default"), report));
        }
        compiled
    }

    /// A property of a larger schema that checks it: of itself only its types matter, and what stands for it where it
    /// is absent.
    fn part(types: Types, written: serde_json::Map<String, Json>, required: bool) -> Self {
        let absent = written.get("default").cloned().unwrap_or(Json::Null);
        let value = Value::from_json(absent.clone());
        let absent = DefaultValue { written: value.clone(), served: absent, converted: Some(value) };
        let examples = written.get("examples").and_then(Json::as_array).cloned().unwrap_or_default();
        let sensitive = written.get("sensitive") == Some(&Json::Bool(true));
        Self {
            description: written.get("description").and_then(Json::as_str).map(str::to_owned),
            kind: Kind::Schema(RawType::part(types, written)),
            default: (!required).then_some(absent),
            examples,
            choices: None,
            header: None,
            sensitive,
            conceals: sensitive,
            nullable: true,
            content_plan: OnceLock::new(),
        }
    }

    /// What kind it is, with what only that kind has.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What it is, for the model that calls.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Example values.
    #[must_use]
    pub fn examples(&self) -> &[Json] {
        &self.examples
    }

    /// The only values allowed, as they are served; none if there is no `enum`.
    #[must_use]
    pub fn choices(&self) -> Option<&[Json]> {
        self.choices.as_ref().map(Choices::served)
    }

    /// The header, `Mcp-Param-` and this name, in which clients repeat an argument.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// Whether the author marked it `sensitive`.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Whether it, or any type inside it, is marked `sensitive`.
    #[must_use]
    pub fn has_sensitive(&self) -> bool {
        self.conceals
    }

    /// Whether an argument of it may be null: its default is null, its `enum` has null, it has neither `enum`
    /// nor constraints, or it is an optional property without default (absent, it would become null too).
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Refuses null, where the implementation has no value for it.
    pub(crate) fn refuse_null(&mut self) {
        self.nullable = false;
    }

    /// Allows a list to have fewer items than it says: some of them may not be for everyone. A JSON Schema stays as written.
    pub(crate) fn allow_fewer_items(&mut self) {
        if let Kind::Array(array) = &mut self.kind {
            array.allow_fewer();
        }
    }

    /// The types inside of it, to be changed: that of the items, those of the properties by name.
    pub(crate) fn inner_mut(&mut self) -> impl Iterator<Item = (Option<&str>, &mut Type)> {
        let (items, properties) = match &mut self.kind {
            Kind::Array(array) => (array.items_mut(), None),
            Kind::Object(object) => (None, Some(object.properties_mut())),
            _ => (None, None),
        };
        let items = items.into_iter().map(|ty| (None, ty));
        items.chain(properties.into_iter().flatten().map(|(name, ty)| (Some(name), ty)))
    }

    /// The type of the items of an array, if it is one that declares them.
    #[must_use]
    pub fn items(&self) -> Option<&Type> {
        match &self.kind {
            Kind::Array(array) => array.items(),
            _ => None,
        }
    }

    /// The declared properties of an object; none for other kinds.
    #[must_use]
    pub fn properties(&self) -> &[Property] {
        match &self.kind {
            Kind::Object(object) => object.properties(),
            _ => &[],
        }
    }

    /// Whether an object may have undeclared properties; true for other kinds.
    #[must_use]
    pub fn additional_properties(&self) -> bool {
        match &self.kind {
            Kind::Object(object) => object.additional_properties(),
            _ => true,
        }
    }

    /// Converts an argument. Problems go to `problems`; what is returned is then of no use.
    fn convert(&self, value: Value, place: &Place<'_>, problems: &mut Problems) -> Value {
        if value.is_null() && self.nullable {
            return value;
        }
        let converted = match &self.kind {
            Kind::String(string) => string.convert(value),
            Kind::Number(number) => number.convert(value),
            Kind::Integer(integer) => integer.convert(value),
            Kind::Boolean => boolean::convert(value),
            Kind::Array(array) => array.convert(value, place, problems),
            Kind::Object(object) => object.convert(value, place, problems),
            Kind::Schema(raw) => raw.convert(value, place, problems),
        };
        match converted {
            Err(fault) => {
                problems.invalid(place, &fault.text(place.is_sensitive() || self.conceals));
                Value::Null
            }
            Ok(converted) => {
                if let Some(choices) =
                    self.choices.as_ref().filter(|choices| !choices.allow_argument(&converted))
                {
                    problems.not_a_choice(place, choices);
                }
                converted
            }
        }
    }

    /// Checks a result (spec `types.md` section 7). The value comes back with integers as integers; dates and
    /// the like stay what they are, so that rules can compare them, until [`render()`] gives them their text.
    ///
    /// # Errors
    /// The first thing that is not as declared, with its path in words: `Array item 0: Property 'x': …`.
    pub fn check_output(&self, mut value: Value) -> Result<Value, String> {
        self.check(&mut value, 0)?;
        Ok(value)
    }

    /// `objects` is how many objects the value is inside of: dates have two texts, see [`render()`].
    fn check(&self, value: &mut Value, objects: usize) -> Result<(), String> {
        // A schema says itself whether null is allowed.
        if value.is_null() && !matches!(self.kind, Kind::Schema(_)) {
            return Ok(());
        }
        match &self.kind {
            Kind::String(string) => string.check(value, self, objects),
            Kind::Number(number) => number.check(value),
            Kind::Integer(integer) => integer.check(value),
            Kind::Boolean => boolean::check(value),
            Kind::Array(array) => array.check(value, objects),
            Kind::Object(object) => object.check(value, objects),
            Kind::Schema(raw) => raw.check(value, self, objects),
        }?;
        match &self.choices {
            Some(choices) if !choices.allow_output(&render::rendered(value, Some(self), objects)) => {
                Err(format!("Invalid value. Must be one of: {}", choices.text()))
            }
            _ => Ok(()),
        }
    }
}
