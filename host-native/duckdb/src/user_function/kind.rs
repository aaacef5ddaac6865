//! Types of arguments and results.

use std::fmt::Write as _;

use mxcp_runtime::ports::SqlType;

use crate::ffi::{LogicalType, TypeId};

/// Digits of a DECIMAL, and how many of them are after the point.
pub(super) const DECIMAL: (u8, u8) = (18, 3);

/// DuckDB's type.
///
/// # Errors
/// A STRUCT has no fields, or one whose name has a NUL in it.
pub(super) fn logical_type(kind: &SqlType) -> Result<LogicalType, String> {
    Ok(match kind {
        SqlType::Boolean => LogicalType::simple(TypeId::Boolean),
        SqlType::Integer => LogicalType::simple(TypeId::Integer),
        SqlType::BigInt => LogicalType::simple(TypeId::BigInt),
        SqlType::UBigInt => LogicalType::simple(TypeId::UBigInt),
        SqlType::Double => LogicalType::simple(TypeId::Double),
        SqlType::Varchar => LogicalType::simple(TypeId::Varchar),
        SqlType::Blob => LogicalType::simple(TypeId::Blob),
        SqlType::Decimal => LogicalType::decimal(DECIMAL.0, DECIMAL.1),
        SqlType::Date => LogicalType::simple(TypeId::Date),
        SqlType::Time => LogicalType::simple(TypeId::Time),
        SqlType::Timestamp => LogicalType::simple(TypeId::Timestamp),
        SqlType::Interval => LogicalType::simple(TypeId::Interval),
        SqlType::Uuid => LogicalType::simple(TypeId::Uuid),
        SqlType::List(item) => LogicalType::list(&logical_type(item)?),
        SqlType::Map(key, value) => LogicalType::map(&logical_type(key)?, &logical_type(value)?),
        SqlType::Struct(fields) if fields.is_empty() => return Err("a STRUCT has no fields".to_owned()),
        SqlType::Struct(fields) => {
            let fields = fields
                .iter()
                .map(|(name, kind)| Ok((name.as_str(), logical_type(kind)?)))
                .collect::<Result<Vec<_>, String>>()?;
            LogicalType::structure(&fields)?
        }
    })
}

/// The type as it is written in SQL.
pub(super) fn text(kind: &SqlType) -> String {
    match kind {
        SqlType::Boolean => "BOOLEAN".to_owned(),
        SqlType::Integer => "INTEGER".to_owned(),
        SqlType::BigInt => "BIGINT".to_owned(),
        SqlType::UBigInt => "UBIGINT".to_owned(),
        SqlType::Double => "DOUBLE".to_owned(),
        SqlType::Varchar => "VARCHAR".to_owned(),
        SqlType::Blob => "BLOB".to_owned(),
        SqlType::Decimal => format!("DECIMAL({},{})", DECIMAL.0, DECIMAL.1),
        SqlType::Date => "DATE".to_owned(),
        SqlType::Time => "TIME".to_owned(),
        SqlType::Timestamp => "TIMESTAMP".to_owned(),
        SqlType::Interval => "INTERVAL".to_owned(),
        SqlType::Uuid => "UUID".to_owned(),
        SqlType::List(item) => format!("{}[]", text(item)),
        SqlType::Map(key, value) => format!("MAP({}, {})", text(key), text(value)),
        SqlType::Struct(fields) => {
            let mut all = String::new();
            for (name, kind) in fields {
                let separator = if all.is_empty() { "" } else { ", " };
                // Writing to a text can't fail.
                let _ = write!(all, "{separator}{name} {}", text(kind));
            }
            format!("STRUCT({all})")
        }
    }
}
