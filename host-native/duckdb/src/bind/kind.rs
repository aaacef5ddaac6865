//! The SQL type of a value, and the common type of several.

use std::sync::Arc;

use mxcp_core::value::{ExactNumber, Value};

use crate::ffi::{LogicalType, TypeId};

/// Most digits a DECIMAL has.
const DECIMAL_DIGITS: usize = 38;

/// The SQL type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Integer,
    BigInt,
    UBigInt,
    HugeInt,
    UHugeInt,
    Decimal {
        whole: u8,
        scale: u8,
    },
    Double,
    Varchar,
    Blob,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    List(Box<Kind>),
    Struct(Vec<(Arc<str>, Kind)>),
    /// An object without keys, which a STRUCT can't be.
    EmptyMap,
}

impl Kind {
    /// The type of a value.
    ///
    /// # Errors
    /// An integer in it is too large for SQL.
    pub(crate) fn of(value: &Value) -> Result<Self, String> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Int(number) if i32::try_from(*number).is_ok() => Self::Integer,
            Value::Int(_) => Self::BigInt,
            Value::Float(_) => Self::Double,
            Value::Number(number) => Self::of_number(number)?,
            Value::String(_) => Self::Varchar,
            Value::Bytes(_) => Self::Blob,
            Value::Date(_) => Self::Date,
            Value::Time(_) => Self::Time,
            Value::DateTime(_) => Self::Timestamp,
            Value::Timestamp(_) => Self::TimestampTz,
            Value::Interval(_) => Self::Interval,
            Value::Array(items) => {
                let mut common = Self::Null;
                for item in items {
                    common = common.join(Self::of(item)?);
                }
                Self::List(Box::new(common))
            }
            Value::Object(object) if object.is_empty() => Self::EmptyMap,
            Value::Object(object) => Self::Struct(
                object
                    .iter()
                    .map(|(key, value)| Ok((Arc::clone(key), Self::of(value)?)))
                    .collect::<Result<_, String>>()?,
            ),
        })
    }

    fn of_number(number: &ExactNumber) -> Result<Self, String> {
        let text = number.as_str();
        if text.contains(['e', 'E']) {
            return Ok(Self::Double);
        }
        let Some((whole, fraction)) = text.split_once('.') else {
            return Self::of_integer(number);
        };
        let whole = whole.trim_start_matches('-').trim_start_matches('0').len();
        if whole + fraction.len() > DECIMAL_DIGITS {
            return Ok(Self::Double);
        }
        Ok(Self::decimal(whole, fraction.len()))
    }

    fn of_integer(number: &ExactNumber) -> Result<Self, String> {
        match (number.as_i128(), number.as_u128()) {
            (Some(value), _) if i32::try_from(value).is_ok() => Ok(Self::Integer),
            (Some(value), _) if i64::try_from(value).is_ok() => Ok(Self::BigInt),
            (_, Some(value)) if u64::try_from(value).is_ok() => Ok(Self::UBigInt),
            (Some(_), _) => Ok(Self::HugeInt),
            (None, Some(_)) => Ok(Self::UHugeInt),
            (None, None) => {
                Err(format!("Invalid Input Error: the integer {number} is too large for SQL (128 bits)"))
            }
        }
    }

    fn decimal(whole: usize, scale: usize) -> Self {
        match (u8::try_from(whole), u8::try_from(scale)) {
            (Ok(whole), Ok(scale)) if usize::from(whole) + usize::from(scale) <= DECIMAL_DIGITS => {
                Self::Decimal { whole, scale }
            }
            _ => Self::Double,
        }
    }

    /// The type that values of both can be cast to; text if there is no better one.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Null, kind) | (kind, Self::Null) => kind,
            (Self::List(one), Self::List(other)) => Self::List(Box::new(one.join(*other))),
            (Self::Struct(one), Self::Struct(other)) => Self::Struct(join_fields(one, other)),
            (Self::EmptyMap, Self::Struct(fields)) | (Self::Struct(fields), Self::EmptyMap) => {
                Self::Struct(fields)
            }
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            (Self::TimestampTz, Self::Date | Self::Timestamp)
            | (Self::Date | Self::Timestamp, Self::TimestampTz) => Self::TimestampTz,
            (one, other) => one.join_numbers(&other).unwrap_or(Self::Varchar),
        }
    }

    fn join_numbers(&self, other: &Self) -> Option<Self> {
        if [self, other].contains(&&Self::Double) {
            return (self.whole_digits().or(other.whole_digits())).map(|_| Self::Double);
        }
        let (one, two) = (self.whole_digits()?, other.whole_digits()?);
        let scale = self.scale().max(other.scale());
        if scale > 0 {
            return Some(Self::decimal(usize::from(one.max(two)), usize::from(scale)));
        }
        let (narrow, wide) = if one <= two { (self, other) } else { (other, self) };
        Some(match (narrow, wide) {
            // Signed and unsigned of like width meet one step up.
            (Self::Boolean | Self::UBigInt, Self::UHugeInt) => Self::UHugeInt,
            (Self::Integer | Self::BigInt, Self::UBigInt) => Self::HugeInt,
            (_, Self::UHugeInt) => Self::Double,
            (_, wide) => wide.clone(),
        })
    }

    /// Digits before the point that values of a type of numbers may have; none for other types.
    fn whole_digits(&self) -> Option<u8> {
        Some(match self {
            Self::Boolean => 1,
            Self::Integer => 10,
            Self::BigInt => 19,
            Self::UBigInt => 20,
            Self::HugeInt => 39,
            Self::UHugeInt => 40,
            Self::Decimal { whole, .. } => *whole,
            _ => return None,
        })
    }

    fn scale(&self) -> u8 {
        match self {
            Self::Decimal { scale, .. } => *scale,
            _ => 0,
        }
    }

    /// DuckDB's kind of type.
    pub(crate) fn id(&self) -> TypeId {
        match self {
            Self::Null => TypeId::Null,
            Self::Boolean => TypeId::Boolean,
            Self::Integer => TypeId::Integer,
            Self::BigInt => TypeId::BigInt,
            Self::UBigInt => TypeId::UBigInt,
            Self::HugeInt => TypeId::HugeInt,
            Self::UHugeInt => TypeId::UHugeInt,
            Self::Decimal { .. } => TypeId::Decimal,
            Self::Double => TypeId::Double,
            Self::Varchar => TypeId::Varchar,
            Self::Blob => TypeId::Blob,
            Self::Date => TypeId::Date,
            Self::Time => TypeId::Time,
            Self::Timestamp => TypeId::Timestamp,
            Self::TimestampTz => TypeId::TimestampTz,
            Self::Interval => TypeId::Interval,
            Self::List(_) => TypeId::List,
            Self::Struct(_) => TypeId::Struct,
            Self::EmptyMap => TypeId::Map,
        }
    }

    /// DuckDB's type.
    ///
    /// # Errors
    /// A key has a NUL in it.
    pub(super) fn logical_type(&self) -> Result<LogicalType, String> {
        Ok(match self {
            Self::Decimal { whole, scale } => LogicalType::decimal((whole + scale).max(1), *scale),
            Self::List(item) => LogicalType::list(&item.logical_type()?),
            Self::Struct(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, kind)| Ok((&**name, kind.logical_type()?)))
                    .collect::<Result<Vec<_>, String>>()?;
                LogicalType::structure(&fields)?
            }
            Self::EmptyMap => {
                let null = LogicalType::simple(TypeId::Null);
                LogicalType::map(&null, &null)
            }
            simple => LogicalType::simple(simple.id()),
        })
    }
}

/// The fields of both, those of the first first.
fn join_fields(mut one: Vec<(Arc<str>, Kind)>, other: Vec<(Arc<str>, Kind)>) -> Vec<(Arc<str>, Kind)> {
    for (name, kind) in other {
        match one.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = std::mem::replace(known, Kind::Null).join(kind),
            None => one.push((name, kind)),
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use mxcp_core::value::Value;

    use super::Kind;

    fn item(json: &str) -> Kind {
        match Kind::of(&Value::parse_json(json).unwrap()).unwrap() {
            Kind::List(item) => *item,
            other => panic!("{other:?} is no list"),
        }
    }

    #[test]
    fn items_of_several_types_have_the_narrowest_common_one() {
        assert_eq!(item("[1, 3000000000]"), Kind::BigInt);
        assert_eq!(item("[-1, 18446744073709551615]"), Kind::HugeInt);
        assert_eq!(item("[18446744073709551615, 340282366920938463463374607431768211455]"), Kind::UHugeInt);
        assert_eq!(item("[-1, 340282366920938463463374607431768211455]"), Kind::Double);
        assert_eq!(item("[1, 2.5]"), Kind::Double);
        assert_eq!(item("[true, 2]"), Kind::Integer);
        assert_eq!(item("[1, \"x\"]"), Kind::Varchar);
        assert_eq!(item("[2.5, \"x\"]"), Kind::Varchar);
        assert_eq!(item("[null, false]"), Kind::Boolean);
        assert_eq!(item("[[1], [], [2.5]]"), Kind::List(Box::new(Kind::Double)));
    }

    #[test]
    fn objects_of_a_list_have_the_keys_of_all() {
        let fields = vec![("a".into(), Kind::Double), ("b".into(), Kind::Varchar)];
        assert_eq!(item(r#"[{"a": 1}, {}, {"b": "x", "a": 2.5}]"#), Kind::Struct(fields));
    }

    #[test]
    fn decimals_beyond_38_digits_are_doubles() {
        let kind = |json| Kind::of(&Value::parse_json(json).unwrap()).unwrap();
        assert_eq!(kind("-12345678901234567.89"), Kind::Decimal { whole: 17, scale: 2 });
        assert_eq!(kind("1234567890123456789012345678901234567.89"), Kind::Double);
        assert_eq!(item("[12345678901234567.89, 3]"), Kind::Decimal { whole: 17, scale: 2 });
    }

    #[test]
    fn integers_beyond_128_bits_are_refused() {
        let value = Value::parse_json("340282366920938463463374607431768211456").unwrap();
        let message = Kind::of(&value).unwrap_err();
        assert!(message.starts_with("Invalid Input Error") && message.contains("too large"), "{message}");
    }
}
