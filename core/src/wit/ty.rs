//! Types of functions (Component Model, WIT).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A component as a host read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// SHA-256 of its bytes in hexadecimal: what its compiled code is found by.
    pub digest: String,
    /// What it exports and needs.
    pub world: World,
}

/// What a component exports, as far as values can be passed to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// Functions by their full path: `acme:text/analysis@1.0.0.sentiment` for one of an interface, `sentiment` for one of
    /// the world itself. [`World::find`] knows shorter ones.
    pub functions: BTreeMap<String, Function>,
    /// Exports that no definition can name, and why: a function that takes a resource or a stream.
    pub unusable: BTreeMap<String, String>,
    /// Interfaces and functions that it needs of its host, in its own order: `wasi:http/outgoing-handler@0.2.6`.
    pub imports: Vec<String>,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// What is said of it in the WIT, if the component carries that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
    /// What it takes, in order.
    pub parameters: Vec<Parameter>,
    /// What it gives, if anything.
    pub result: Option<Type>,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name as WIT writes it: `max-items`.
    pub name: String,
    /// What it takes.
    #[serde(rename = "type")]
    pub ty: Type,
}

/// A type of values. Names of types are gone: two types are the same if they have the same structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// `bool`.
    Bool,
    /// `s8`.
    S8,
    /// `u8`.
    U8,
    /// `s16`.
    S16,
    /// `u16`.
    U16,
    /// `s32`.
    S32,
    /// `u32`.
    U32,
    /// `s64`.
    S64,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `char`.
    Char,
    /// `string`.
    String,
    /// `list<T>`.
    List(Box<Type>),
    /// `option<T>`.
    Option(Box<Type>),
    /// `result<T, E>`; none for `_`.
    Result(Option<Box<Type>>, Option<Box<Type>>),
    /// `tuple<…>`.
    Tuple(Vec<Type>),
    /// `record`.
    Record(Vec<Field>),
    /// `variant`.
    Variant(Vec<Case>),
    /// `enum`, its cases.
    Enum(Vec<String>),
    /// `flags`, their names.
    Flags(Vec<String>),
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name as WIT writes it.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub ty: Type,
}

/// A case of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its name as WIT writes it.
    pub name: String,
    /// What it carries, if anything.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub ty: Option<Type>,
}

impl Type {
    /// The type as messages name it: `u32`, `list<string>`, `record`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Type::Bool => "bool".to_owned(),
            Type::S8 => "s8".to_owned(),
            Type::U8 => "u8".to_owned(),
            Type::S16 => "s16".to_owned(),
            Type::U16 => "u16".to_owned(),
            Type::S32 => "s32".to_owned(),
            Type::U32 => "u32".to_owned(),
            Type::S64 => "s64".to_owned(),
            Type::U64 => "u64".to_owned(),
            Type::F32 => "f32".to_owned(),
            Type::F64 => "f64".to_owned(),
            Type::Char => "char".to_owned(),
            Type::String => "string".to_owned(),
            Type::List(item) => format!("list<{}>", item.describe()),
            Type::Option(inner) => format!("option<{}>", inner.describe()),
            Type::Result(ok, error) => {
                let of =
                    |ty: &Option<Box<Type>>| ty.as_ref().map_or_else(|| "_".to_owned(), |ty| ty.describe());
                format!("result<{}, {}>", of(ok), of(error))
            }
            Type::Tuple(items) => {
                format!("tuple<{}>", items.iter().map(Type::describe).collect::<Vec<_>>().join(", "))
            }
            Type::Record(_) => "record".to_owned(),
            Type::Variant(_) => "variant".to_owned(),
            Type::Enum(_) => "enum".to_owned(),
            Type::Flags(_) => "flags".to_owned(),
        }
    }
}
