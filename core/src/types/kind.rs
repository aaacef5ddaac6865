//! The kinds of types.

use super::json_schema::Types;
use super::{ArrayType, IntegerType, NumberType, ObjectType, RawType, StringType, Type};

/// The kinds of types, each with what only it has.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Text.
    String(StringType),
    /// A number with or without a fraction.
    Number(NumberType),
    /// A number without a fraction.
    Integer(IntegerType),
    /// True or false.
    Boolean,
    /// A list.
    Array(ArrayType),
    /// A mapping.
    Object(ObjectType),
    /// Whatever a JSON Schema allows.
    Schema(RawType),
}

/// What a result of a type is, whichever kind of type says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A list.
    List,
    /// A mapping.
    Object,
    /// Neither.
    Value,
    /// Its schema doesn't say.
    Unknown,
}

impl Type {
    /// The word of the kind: `string`, `number`, `integer`, `boolean`, `array` or `object`; that of its `type`
    /// for a JSON Schema, or `any`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.kind {
            Kind::String(_) => "string",
            Kind::Number(_) => "number",
            Kind::Integer(_) => "integer",
            Kind::Boolean => "boolean",
            Kind::Array(_) => "array",
            Kind::Object(_) => "object",
            Kind::Schema(raw) => raw.types().but_null().word().unwrap_or("any"),
        }
    }

    /// Whether a result is a list, an object or a single value.
    #[must_use]
    pub fn form(&self) -> Form {
        let types = match &self.kind {
            Kind::Array(_) => return Form::List,
            Kind::Object(_) => return Form::Object,
            Kind::Schema(raw) => raw.types().but_null(),
            _ => return Form::Value,
        };
        match (types.overlaps(Types::ARRAY), types.overlaps(Types::OBJECT)) {
            _ if types == Types::ARRAY => Form::List,
            _ if types == Types::OBJECT => Form::Object,
            (false, false) => Form::Value,
            _ => Form::Unknown,
        }
    }
}

impl Kind {
    /// Whether a rule of the kind says something about its values; formats and nested types don't count.
    pub(super) fn is_constrained(&self) -> bool {
        match self {
            Kind::String(string) => string.is_constrained(),
            Kind::Number(number) => number.bounds().is_constrained(),
            Kind::Integer(integer) => integer.bounds().is_constrained(),
            Kind::Boolean => false,
            Kind::Array(array) => array.is_constrained(),
            Kind::Object(object) => object.is_constrained(),
            Kind::Schema(_) => true,
        }
    }
}
