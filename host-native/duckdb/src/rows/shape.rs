//! How the values of a column are read.

use std::sync::Arc;

use crate::ffi::{LogicalType, TypeId};

/// The type of a column with what it takes to read it, found out once per result.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A type without parts.
    Simple(TypeId),
    /// DECIMAL with that many digits after the point.
    Decimal(u8),
    /// ENUM with its values by number.
    Enum(Vec<String>),
    /// LIST of items.
    List(Box<Shape>),
    /// ARRAY of items.
    Array(Box<Shape>),
    /// STRUCT with named fields.
    Struct(Vec<(Arc<str>, Shape)>),
    /// STRUCT without names, such as `row(1, 2)`.
    Tuple(Vec<Shape>),
    /// MAP of keys to values.
    Map(Box<Shape>, Box<Shape>),
    /// MAP of keys that are no texts, as a list of `{key, value}`.
    Entries(Box<Shape>, Box<Shape>),
    /// UNION with its members by tag.
    Union(Vec<Shape>),
}

/// A type that can't be read.
#[derive(Debug)]
pub(super) struct Unreadable(&'static str);

impl Shape {
    /// The shape of a type.
    ///
    /// # Errors
    /// The type, or a part of it, can't be read.
    pub(super) fn of(kind: &LogicalType) -> Result<Self, Unreadable> {
        let boxed = |kind: LogicalType| Ok(Box::new(Self::of(&kind)?));
        Ok(match kind.id() {
            TypeId::Decimal => Self::Decimal(kind.decimal_scale()),
            TypeId::Enum => Self::Enum(kind.enum_values()),
            TypeId::List => Self::List(boxed(kind.item())?),
            TypeId::Array => Self::Array(boxed(kind.item())?),
            TypeId::Struct => Self::of_fields(kind.fields())?,
            TypeId::Map => {
                let (key, value) = kind.map_entry();
                Self::Map(boxed(key)?, boxed(value)?)
            }
            TypeId::Union => Self::Union(kind.members().iter().map(Self::of).collect::<Result<_, _>>()?),
            TypeId::Geometry => return Err(Unreadable("GEOMETRY")),
            TypeId::Variant => return Err(Unreadable("VARIANT")),
            TypeId::Unknown(_) => return Err(Unreadable("of a kind unknown to this version")),
            simple => Self::Simple(simple),
        })
    }

    fn of_fields(fields: Vec<(String, LogicalType)>) -> Result<Self, Unreadable> {
        if fields.iter().all(|(name, _)| name.is_empty()) {
            return Ok(Self::Tuple(fields.iter().map(|(_, kind)| Self::of(kind)).collect::<Result<_, _>>()?));
        }
        let field = |(name, kind): (String, LogicalType)| Ok((name.into(), Self::of(&kind)?));
        Ok(Self::Struct(fields.into_iter().map(field).collect::<Result<_, _>>()?))
    }
}

impl Unreadable {
    /// The message for the column it occurs in.
    pub(super) fn of_column(&self, name: &str) -> String {
        let kind = self.0;
        format!(
            "Not implemented Error: column \"{name}\" is {kind}, which has no JSON form; cast it to VARCHAR"
        )
    }
}
