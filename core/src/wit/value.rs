//! Values of WIT types, on their way into a component or out of it.

use serde::{Deserialize, Serialize};

/// A value. It fits its [`Type`](super::Type) by position: fields and flags are in the order of the type, cases are indices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// `bool`.
    Bool(bool),
    /// `s8`.
    S8(i8),
    /// `u8`.
    U8(u8),
    /// `s16`.
    S16(i16),
    /// `u16`.
    U16(u16),
    /// `s32`.
    S32(i32),
    /// `u32`.
    U32(u32),
    /// `s64`.
    S64(i64),
    /// `u64`.
    U64(u64),
    /// `f32`.
    F32(f32),
    /// `f64`.
    F64(f64),
    /// `char`.
    Char(char),
    /// `string`.
    String(String),
    /// `list<u8>`, in one piece.
    Bytes(Vec<u8>),
    /// Any other `list<T>`.
    List(Vec<Value>),
    /// `option<T>`.
    Option(Option<Box<Value>>),
    /// `result<T, E>`.
    Result(Result<Option<Box<Value>>, Option<Box<Value>>>),
    /// `tuple<…>`.
    Tuple(Vec<Value>),
    /// `record`, its fields.
    Record(Vec<Value>),
    /// `variant`: which case, and what it carries.
    Variant(u32, Option<Box<Value>>),
    /// `enum`: which case.
    Enum(u32),
    /// `flags`: whether each is set.
    Flags(Vec<bool>),
}
