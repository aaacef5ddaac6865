//! Types with their parts.

use std::ffi::CString;

use super::text::{owned, to_c};
use super::type_id::TypeId;

/// A type of a column or a value.
#[derive(Debug)]
pub(crate) struct LogicalType(duckdb::duckdb_logical_type);

impl LogicalType {
    pub(super) fn from_raw(raw: duckdb::duckdb_logical_type) -> Self {
        Self(raw)
    }

    pub(super) fn raw(&self) -> duckdb::duckdb_logical_type {
        self.0
    }

    /// A type without parts.
    pub(crate) fn simple(id: TypeId) -> Self {
        // SAFETY: DuckDB takes every number; what it can't make stays a type that no value is made of.
        Self(unsafe { duckdb::duckdb_create_logical_type(id.to_raw()) })
    }

    /// DECIMAL of `width` digits, `scale` of them after the point.
    pub(crate) fn decimal(width: u8, scale: u8) -> Self {
        // SAFETY: plain numbers; the type is given away.
        Self(unsafe { duckdb::duckdb_create_decimal_type(width, scale) })
    }

    /// `item[]`.
    pub(crate) fn list(item: &LogicalType) -> Self {
        // SAFETY: the item's handle is live; DuckDB copies it.
        Self(unsafe { duckdb::duckdb_create_list_type(item.0) })
    }

    /// `MAP(key, value)`.
    pub(crate) fn map(key: &LogicalType, value: &LogicalType) -> Self {
        // SAFETY: both handles are live; DuckDB copies them.
        Self(unsafe { duckdb::duckdb_create_map_type(key.0, value.0) })
    }

    /// `STRUCT(…)`, of at least one field.
    ///
    /// # Errors
    /// A name has a NUL in it, in DuckDB's form of a message.
    pub(crate) fn structure(fields: &[(&str, LogicalType)]) -> Result<Self, String> {
        let names = fields.iter().map(|(name, _)| to_c(name)).collect::<Result<Vec<CString>, _>>()?;
        let mut names: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
        let mut types: Vec<_> = fields.iter().map(|(_, kind)| kind.0).collect();
        let count = fields.len() as u64;
        // SAFETY: both lists have `count` entries that live during the call; DuckDB copies all of it.
        Ok(Self(unsafe { duckdb::duckdb_create_struct_type(types.as_mut_ptr(), names.as_mut_ptr(), count) }))
    }

    /// The kind of the type.
    pub(crate) fn id(&self) -> TypeId {
        // SAFETY: the handle is live; null gives an invalid type.
        TypeId::from_raw(unsafe { duckdb::duckdb_get_type_id(self.0) })
    }

    /// The kind of number a DECIMAL or an ENUM is stored as, the type's own kind for all others.
    pub(super) fn stored_as(&self) -> TypeId {
        // SAFETY: the handle is live.
        unsafe {
            match self.id() {
                TypeId::Decimal => TypeId::from_raw(duckdb::duckdb_decimal_internal_type(self.0)),
                TypeId::Enum => TypeId::from_raw(duckdb::duckdb_enum_internal_type(self.0)),
                id => id,
            }
        }
    }

    /// Whether it has a name of its own, as JSON has, which is stored as VARCHAR.
    pub(crate) fn has_alias(&self) -> bool {
        // SAFETY: the handle is live; the name is given away, null if there is none.
        unsafe { owned(duckdb::duckdb_logical_type_get_alias(self.0)) }.is_some()
    }

    /// Digits of a DECIMAL.
    pub(crate) fn decimal_width(&self) -> u8 {
        // SAFETY: the handle is live; DuckDB checks the kind.
        unsafe { duckdb::duckdb_decimal_width(self.0) }
    }

    /// Digits after the point of a DECIMAL.
    pub(crate) fn decimal_scale(&self) -> u8 {
        // SAFETY: the handle is live; DuckDB checks the kind.
        unsafe { duckdb::duckdb_decimal_scale(self.0) }
    }

    /// The values of an ENUM by number.
    pub(crate) fn enum_values(&self) -> Vec<String> {
        // SAFETY: the handle is live, DuckDB checks the kind, and the texts are given away.
        unsafe {
            (0..duckdb::duckdb_enum_dictionary_size(self.0))
                .map(|index| owned(duckdb::duckdb_enum_dictionary_value(self.0, u64::from(index))))
                .map(Option::unwrap_or_default)
                .collect()
        }
    }

    /// The type of the items of a LIST or ARRAY.
    pub(crate) fn item(&self) -> LogicalType {
        // SAFETY: the handle is live, DuckDB checks the kind, and the type is given away.
        unsafe {
            match self.id() {
                TypeId::Array => Self(duckdb::duckdb_array_type_child_type(self.0)),
                _ => Self(duckdb::duckdb_list_type_child_type(self.0)),
            }
        }
    }

    /// How many items an ARRAY has.
    pub(super) fn array_size(&self) -> usize {
        // SAFETY: the handle is live; DuckDB checks the kind.
        usize::try_from(unsafe { duckdb::duckdb_array_type_array_size(self.0) }).unwrap_or(0)
    }

    /// The key and value types of a MAP.
    pub(crate) fn map_entry(&self) -> (LogicalType, LogicalType) {
        // SAFETY: the handle is live, DuckDB checks the kind, and the types are given away.
        unsafe {
            (Self(duckdb::duckdb_map_type_key_type(self.0)), Self(duckdb::duckdb_map_type_value_type(self.0)))
        }
    }

    /// The fields of a STRUCT.
    pub(crate) fn fields(&self) -> Vec<(String, LogicalType)> {
        // SAFETY: the handle is live, DuckDB checks the kind, names and types are given away.
        unsafe {
            (0..duckdb::duckdb_struct_type_child_count(self.0))
                .map(|index| {
                    let name =
                        owned(duckdb::duckdb_struct_type_child_name(self.0, index)).unwrap_or_default();
                    (name, Self(duckdb::duckdb_struct_type_child_type(self.0, index)))
                })
                .collect()
        }
    }

    /// The types of a UNION's members, by tag.
    pub(crate) fn members(&self) -> Vec<LogicalType> {
        // SAFETY: the handle is live, DuckDB checks the kind, and the types are given away.
        unsafe {
            (0..duckdb::duckdb_union_type_member_count(self.0))
                .map(|index| Self(duckdb::duckdb_union_type_member_type(self.0, index)))
                .collect()
        }
    }

    /// How many parts the vector of a STRUCT or UNION has.
    pub(super) fn part_count(&self) -> usize {
        // SAFETY: the handle is live; DuckDB checks the kind.
        let count = unsafe {
            match self.id() {
                TypeId::Struct => duckdb::duckdb_struct_type_child_count(self.0),
                // The tag is stored before the members.
                TypeId::Union => duckdb::duckdb_union_type_member_count(self.0) + 1,
                _ => 0,
            }
        };
        usize::try_from(count).unwrap_or(0)
    }
}

impl Drop for LogicalType {
    fn drop(&mut self) {
        // SAFETY: the handle is ours; null is fine.
        unsafe { duckdb::duckdb_destroy_logical_type(&raw mut self.0) };
    }
}
