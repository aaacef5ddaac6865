//! Reading the values of a vector.

use std::sync::Arc;

use mxcp_core::value::{ExactNumber, Interval, Object, Value};

use super::shape::Shape;
use super::{digits, temporal};
use crate::ffi::{Bytes, ListEntry, Months, TypeId, Vector, Wide};

/// Reads the values of one vector.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    vector: Vector<'a>,
    values: Values<'a>,
}

/// A function from the stored number to the value.
pub(crate) type Make<T> = fn(T) -> Value;

#[derive(Debug)]
enum Values<'a> {
    Nulls,
    Int8(&'a [i8], Make<i64>),
    Int16(&'a [i16], Make<i64>),
    Int32(&'a [i32], Make<i64>),
    Int64(&'a [i64], Make<i64>),
    UInt8(&'a [u8], Make<u64>),
    UInt16(&'a [u16], Make<u64>),
    UInt32(&'a [u32], Make<u64>),
    UInt64(&'a [u64], Make<u64>),
    Wide(&'a [Wide], Make<u128>),
    Decimal(Unscaled<'a>, u8),
    Enum(Numbers<'a>, &'a [String]),
    Float(&'a [f32], Make<f64>),
    Double(&'a [f64], Make<f64>),
    Interval(&'a [Months]),
    Bytes(Bytes<'a>, fn(&[u8]) -> Value),
    List(&'a [ListEntry], Box<Reader<'a>>),
    Array(usize, Box<Reader<'a>>),
    Struct(Vec<(&'a Arc<str>, Reader<'a>)>),
    Tuple(Vec<Reader<'a>>),
    Map(&'a [ListEntry], Box<(Reader<'a>, Reader<'a>)>),
    Entries(&'a [ListEntry], Box<(Reader<'a>, Reader<'a>)>),
    Union(&'a [u8], Vec<Reader<'a>>),
}

/// The stored integers of a DECIMAL.
#[derive(Debug)]
enum Unscaled<'a> {
    Int16(&'a [i16]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Wide(&'a [Wide]),
}

/// The stored numbers of an ENUM.
#[derive(Debug)]
enum Numbers<'a> {
    UInt8(&'a [u8]),
    UInt16(&'a [u16]),
    UInt32(&'a [u32]),
}

impl<'a> Reader<'a> {
    /// A reader of a vector, whose doubles are what `double` makes of them; none if the vector is not of that shape.
    pub(crate) fn new(shape: &'a Shape, vector: Vector<'a>, double: Make<f64>) -> Option<Self> {
        let reader = |shape: &'a Shape, vector| Self::new(shape, vector, double);
        let values = match shape {
            Shape::Simple(kind) => Values::simple(*kind, &vector, double)?,
            Shape::Decimal(scale) => Values::Decimal(Unscaled::of(&vector)?, *scale),
            Shape::Enum(texts) => Values::Enum(Numbers::of(&vector)?, texts),
            Shape::List(item) => {
                let (entries, items) = vector.lists()?;
                Values::List(entries, Box::new(reader(item, items)?))
            }
            Shape::Array(item) => {
                let (size, items) = vector.arrays()?;
                Values::Array(size, Box::new(reader(item, items)?))
            }
            Shape::Struct(fields) => Values::Struct(
                fields
                    .iter()
                    .enumerate()
                    .map(|(index, (name, shape))| Some((name, reader(shape, vector.part(index)?)?)))
                    .collect::<Option<_>>()?,
            ),
            Shape::Tuple(shapes) => Values::Tuple(parts(shapes, &vector, 0, double)?),
            Shape::Map(key, value) => {
                let (entries, items) = vector.lists()?;
                Values::Map(entries, Box::new((reader(key, items.part(0)?)?, reader(value, items.part(1)?)?)))
            }
            Shape::Entries(key, value) => {
                let (entries, items) = vector.lists()?;
                Values::Entries(
                    entries,
                    Box::new((reader(key, items.part(0)?)?, reader(value, items.part(1)?)?)),
                )
            }
            // The tag is stored before the members.
            Shape::Union(members) => {
                Values::Union(vector.part(0)?.values()?, parts(members, &vector, 1, double)?)
            }
        };
        Some(Self { vector, values })
    }

    /// The value of a row; null for rows there aren't.
    pub(crate) fn read(&self, row: usize) -> Value {
        if !self.vector.is_valid(row) {
            return Value::Null;
        }
        self.values.read(row).unwrap_or(Value::Null)
    }
}

fn parts<'a>(
    shapes: &'a [Shape],
    vector: &Vector<'a>,
    first: usize,
    double: Make<f64>,
) -> Option<Vec<Reader<'a>>> {
    let part = |(index, shape)| Reader::new(shape, vector.part(first + index)?, double);
    shapes.iter().enumerate().map(part).collect()
}

impl<'a> Values<'a> {
    fn simple(kind: TypeId, vector: &Vector<'a>, double: Make<f64>) -> Option<Self> {
        Some(match kind {
            TypeId::Null => Self::Nulls,
            TypeId::Boolean => Self::UInt8(vector.values()?, |byte| Value::Bool(byte != 0)),
            TypeId::TinyInt => Self::Int8(vector.values()?, Value::Int),
            TypeId::SmallInt => Self::Int16(vector.values()?, Value::Int),
            TypeId::Integer => Self::Int32(vector.values()?, Value::Int),
            TypeId::BigInt => Self::Int64(vector.values()?, Value::Int),
            TypeId::UTinyInt => Self::UInt8(vector.values()?, unsigned),
            TypeId::USmallInt => Self::UInt16(vector.values()?, unsigned),
            TypeId::UInteger => Self::UInt32(vector.values()?, unsigned),
            TypeId::UBigInt => Self::UInt64(vector.values()?, unsigned),
            TypeId::HugeInt => Self::Wide(vector.values()?, |bits| digits::signed(bits.cast_signed())),
            TypeId::UHugeInt => Self::Wide(vector.values()?, digits::unsigned),
            TypeId::Uuid => Self::Wide(vector.values()?, digits::uuid),
            TypeId::Float => Self::Float(vector.values()?, double),
            TypeId::Double => Self::Double(vector.values()?, double),
            TypeId::Varchar => Self::Bytes(vector.bytes()?, digits::text),
            TypeId::Blob => Self::Bytes(vector.bytes()?, |bytes| Value::Bytes(bytes.to_vec())),
            TypeId::Bit => Self::Bytes(vector.bytes()?, digits::bits),
            TypeId::Bignum => Self::Bytes(vector.bytes()?, digits::bignum),
            TypeId::Date => Self::Int32(vector.values()?, temporal::date),
            TypeId::Time => Self::Int64(vector.values()?, temporal::time),
            TypeId::TimeNs => Self::Int64(vector.values()?, temporal::time_ns),
            TypeId::TimeTz => Self::UInt64(vector.values()?, temporal::time_tz),
            TypeId::Timestamp => Self::Int64(vector.values()?, temporal::timestamp),
            TypeId::TimestampS => Self::Int64(vector.values()?, temporal::timestamp_s),
            TypeId::TimestampMs => Self::Int64(vector.values()?, temporal::timestamp_ms),
            TypeId::TimestampNs => Self::Int64(vector.values()?, temporal::timestamp_ns),
            TypeId::TimestampTz => Self::Int64(vector.values()?, temporal::timestamp_tz),
            TypeId::Interval => Self::Interval(vector.values()?),
            _ => return None,
        })
    }

    fn read(&self, row: usize) -> Option<Value> {
        Some(match self {
            Self::Nulls => Value::Null,
            Self::Int8(values, make) => make(i64::from(*values.get(row)?)),
            Self::Int16(values, make) => make(i64::from(*values.get(row)?)),
            Self::Int32(values, make) => make(i64::from(*values.get(row)?)),
            Self::Int64(values, make) => make(*values.get(row)?),
            Self::UInt8(values, make) => make(u64::from(*values.get(row)?)),
            Self::UInt16(values, make) => make(u64::from(*values.get(row)?)),
            Self::UInt32(values, make) => make(u64::from(*values.get(row)?)),
            Self::UInt64(values, make) => make(*values.get(row)?),
            Self::Wide(values, make) => make(values.get(row)?.bits()),
            Self::Decimal(values, scale) => decimal(values.get(row)?, *scale),
            Self::Enum(numbers, texts) => Value::String(texts.get(numbers.get(row)?)?.clone()),
            Self::Float(values, make) => make(digits::float(*values.get(row)?)?),
            Self::Double(values, make) => make(*values.get(row)?),
            Self::Interval(values) => {
                let Months { months, days, micros } = *values.get(row)?;
                Value::Interval(Interval { months, days, microseconds: micros })
            }
            Self::Bytes(bytes, make) => make(bytes.get(row)?),
            Self::List(entries, items) => {
                Value::Array(entries.get(row)?.rows().map(|item| items.read(item)).collect())
            }
            Self::Array(size, items) => {
                Value::Array((row * size..(row + 1) * size).map(|item| items.read(item)).collect())
            }
            Self::Struct(fields) => Value::Object(
                fields.iter().map(|(name, field)| (Arc::clone(name), field.read(row))).collect::<Object>(),
            ),
            Self::Tuple(fields) => Value::Array(fields.iter().map(|field| field.read(row)).collect()),
            Self::Map(entries, items) => {
                let (keys, values) = &**items;
                let entry = |item| (key(keys.read(item)), values.read(item));
                Value::Object(entries.get(row)?.rows().map(entry).collect::<Object>())
            }
            Self::Entries(entries, items) => {
                let (keys, values) = &**items;
                let entry = |item| [("key", keys.read(item)), ("value", values.read(item))];
                let object = |item| Value::Object(entry(item).into_iter().collect());
                Value::Array(entries.get(row)?.rows().map(object).collect())
            }
            Self::Union(tags, members) => members.get(usize::from(*tags.get(row)?))?.read(row),
        })
    }
}

impl<'a> Unscaled<'a> {
    fn of(vector: &Vector<'a>) -> Option<Self> {
        None.or_else(|| vector.values().map(Self::Int16))
            .or_else(|| vector.values().map(Self::Int32))
            .or_else(|| vector.values().map(Self::Int64))
            .or_else(|| vector.values().map(Self::Wide))
    }

    fn get(&self, row: usize) -> Option<i128> {
        Some(match self {
            Self::Int16(values) => i128::from(*values.get(row)?),
            Self::Int32(values) => i128::from(*values.get(row)?),
            Self::Int64(values) => i128::from(*values.get(row)?),
            Self::Wide(values) => values.get(row)?.bits().cast_signed(),
        })
    }
}

impl<'a> Numbers<'a> {
    fn of(vector: &Vector<'a>) -> Option<Self> {
        None.or_else(|| vector.values().map(Self::UInt8))
            .or_else(|| vector.values().map(Self::UInt16))
            .or_else(|| vector.values().map(Self::UInt32))
    }

    fn get(&self, row: usize) -> Option<usize> {
        match self {
            Self::UInt8(values) => Some(usize::from(*values.get(row)?)),
            Self::UInt16(values) => Some(usize::from(*values.get(row)?)),
            Self::UInt32(values) => usize::try_from(*values.get(row)?).ok(),
        }
    }
}

fn unsigned(number: u64) -> Value {
    digits::unsigned(u128::from(number))
}

fn decimal(unscaled: i128, scale: u8) -> Value {
    if scale == 0 {
        digits::signed(unscaled)
    } else {
        Value::Number(ExactNumber::from_decimal(unscaled, scale))
    }
}

/// The key of an object that a key of a MAP becomes.
fn key(value: Value) -> Arc<str> {
    match value {
        Value::String(text) => text.into(),
        other => other.text_form().unwrap_or_else(|| other.to_json_text()).into(),
    }
}
