//! From values to slots and memory.

use mxcp_core::wit::{Type, Value};

use super::layout::{Layout, discriminant, payload_offset, words};
use super::memory::{Fault, Memory};
use super::signature::slots;

/// Blocks that were allocated for a call, to be given back after it.
#[derive(Debug, Default)]
pub(super) struct Blocks(Vec<(u32, u32, u32)>);

impl Blocks {
    pub(super) fn allocate(&mut self, memory: &mut impl Memory, size: u32, align: u32) -> Result<u32, Fault> {
        let at = memory.allocate(size, align)?;
        self.0.push((at, size, align));
        Ok(at)
    }

    pub(super) fn free(self, memory: &mut impl Memory) {
        self.0.into_iter().for_each(|(at, size, align)| memory.free(at, size, align));
    }
}

/// Values on their way into a memory.
#[derive(Debug)]
pub(super) struct Lowering<'a, M> {
    pub(super) memory: &'a mut M,
    pub(super) blocks: &'a mut Blocks,
}

impl<M: Memory> Lowering<'_, M> {
    /// Appends the slots of a value.
    pub(super) fn flat(&mut self, ty: &Type, value: &Value, flat: &mut Vec<u64>) -> Result<(), Fault> {
        match (ty, value) {
            (Type::S64, Value::S64(value)) => flat.push(value.cast_unsigned()),
            (Type::U64, Value::U64(value)) => flat.push(*value),
            (Type::F64, Value::F64(value)) => flat.push(value.to_bits()),
            (Type::String, Value::String(text)) => {
                let (at, length) = self.bytes(text.as_bytes())?;
                flat.extend([u64::from(at), u64::from(length)]);
            }
            (Type::List(item), value) => {
                let (at, length) = self.list(item, value)?;
                flat.extend([u64::from(at), u64::from(length)]);
            }
            (Type::Tuple(types), Value::Tuple(items)) if types.len() == items.len() => {
                types.iter().zip(items).try_for_each(|(ty, value)| self.flat(ty, value, flat))?;
            }
            (Type::Record(fields), Value::Record(items)) if fields.len() == items.len() => {
                fields.iter().zip(items).try_for_each(|(field, value)| self.flat(&field.ty, value, flat))?;
            }
            (Type::Flags(names), Value::Flags(set)) if names.len() == set.len() => {
                let before = flat.len();
                flat.extend(bits(set).map(u64::from));
                if flat.len() == before {
                    flat.push(0);
                }
            }
            (Type::Option(_) | Type::Result(..) | Type::Variant(_), value) => {
                let end = flat.len() + slots(ty);
                let (tag, payload) = case(ty, value)?;
                flat.push(tag.into());
                if let Some((ty, value)) = payload {
                    self.flat(ty, value, flat)?;
                }
                flat.resize(end, 0);
            }
            (ty, value) => flat.push(small(ty, value)?.into()),
        }
        Ok(())
    }

    /// Stores a value at an address that is aligned for it.
    pub(super) fn store(&mut self, ty: &Type, value: &Value, at: u32) -> Result<(), Fault> {
        match (ty, value) {
            (Type::S64, Value::S64(value)) => self.memory.write(at, &value.to_le_bytes()),
            (Type::U64, Value::U64(value)) => self.memory.write(at, &value.to_le_bytes()),
            (Type::F64, Value::F64(value)) => self.memory.write(at, &value.to_le_bytes()),
            (Type::String, Value::String(text)) => {
                let pair = self.bytes(text.as_bytes())?;
                self.store_pair(pair, at)
            }
            (Type::List(item), value) => {
                let pair = self.list(item, value)?;
                self.store_pair(pair, at)
            }
            (Type::Tuple(types), Value::Tuple(items)) if types.len() == items.len() => {
                self.store_all(types.iter().zip(items), at)
            }
            (Type::Record(fields), Value::Record(items)) if fields.len() == items.len() => {
                self.store_all(fields.iter().map(|field| &field.ty).zip(items), at)
            }
            (Type::Flags(names), Value::Flags(set)) if names.len() == set.len() => {
                let Layout { size, .. } = Layout::of(ty);
                let bytes: Vec<u8> =
                    bits(set).flat_map(u32::to_le_bytes).chain([0; 4]).take(size as usize).collect();
                self.memory.write(at, &bytes)
            }
            (Type::Option(_) | Type::Result(..) | Type::Variant(_), value) => {
                let (tag, payload) = case(ty, value)?;
                let (cases, offset) = shape(ty);
                self.store_low(tag, discriminant(cases), at)?;
                match payload {
                    Some((ty, value)) => self.store(ty, value, offset_by(at, offset)?),
                    None => Ok(()),
                }
            }
            (ty, value) => self.store_low(small(ty, value)?, Layout::of(ty).size, at),
        }
    }

    /// Stores values one after the other, as the fields of a record are.
    pub(super) fn store_all<'v>(
        &mut self,
        values: impl Iterator<Item = (&'v Type, &'v Value)>,
        at: u32,
    ) -> Result<(), Fault> {
        let mut offset = 0;
        for (ty, value) in values {
            let layout = Layout::of(ty);
            offset = layout.after(offset);
            self.store(ty, value, offset_by(at, offset)?)?;
            offset += layout.size;
        }
        Ok(())
    }

    fn store_low(&mut self, value: u32, size: u32, at: u32) -> Result<(), Fault> {
        let bytes = value.to_le_bytes();
        self.memory.write(at, bytes.get(..size as usize).ok_or(Fault::Misfit)?)
    }

    fn store_pair(&mut self, (first, second): (u32, u32), at: u32) -> Result<(), Fault> {
        self.memory.write(at, &first.to_le_bytes())?;
        self.memory.write(offset_by(at, 4)?, &second.to_le_bytes())
    }

    /// A block with these bytes: where, and how many.
    fn bytes(&mut self, bytes: &[u8]) -> Result<(u32, u32), Fault> {
        let length = u32::try_from(bytes.len()).map_err(|_| Fault::OutOfMemory)?;
        let at = self.blocks.allocate(self.memory, length, 1)?;
        self.memory.write(at, bytes)?;
        Ok((at, length))
    }

    /// A block with these items: where, and how many.
    fn list(&mut self, item: &Type, value: &Value) -> Result<(u32, u32), Fault> {
        match value {
            Value::Bytes(bytes) if *item == Type::U8 => self.bytes(bytes),
            Value::List(items) => {
                let layout = Layout::of(item);
                let size = layout.times(items.len())?;
                let block = self.blocks.allocate(self.memory, size, layout.align)?;
                let mut at = block;
                for value in items {
                    self.store(item, value, at)?;
                    at = offset_by(at, layout.size)?;
                }
                Ok((block, u32::try_from(items.len()).map_err(|_| Fault::OutOfMemory)?))
            }
            _ => Err(Fault::Misfit),
        }
    }
}

/// How many cases a variant has, and where its payload stands.
pub(super) fn shape(ty: &Type) -> (usize, u32) {
    match ty {
        Type::Option(inner) => (2, payload_offset(2, [Some(&**inner)].into_iter())),
        Type::Result(ok, error) => (2, payload_offset(2, [ok.as_deref(), error.as_deref()].into_iter())),
        Type::Variant(cases) => {
            (cases.len(), payload_offset(cases.len(), cases.iter().map(|case| case.ty.as_ref())))
        }
        _ => (0, 0),
    }
}

/// An address some bytes further on.
pub(super) fn offset_by(at: u32, bytes: u32) -> Result<u32, Fault> {
    at.checked_add(bytes).ok_or(Fault::OutOfBounds)
}

/// A case, and what it carries.
type Case<'a> = (u32, Option<(&'a Type, &'a Value)>);

/// Which case of a variant a value is.
fn case<'a>(ty: &'a Type, value: &'a Value) -> Result<Case<'a>, Fault> {
    let (tag, ty, value) = match (ty, value) {
        (Type::Option(_), Value::Option(None)) => (0, None, None),
        (Type::Option(inner), Value::Option(Some(value))) => (1, Some(&**inner), Some(&**value)),
        (Type::Result(ok, _), Value::Result(Ok(value))) => (0, ok.as_deref(), value.as_deref()),
        (Type::Result(_, error), Value::Result(Err(value))) => (1, error.as_deref(), value.as_deref()),
        (Type::Variant(cases), Value::Variant(at, value)) => {
            let case = cases.get(*at as usize).ok_or(Fault::Misfit)?;
            (*at, case.ty.as_ref(), value.as_deref())
        }
        _ => return Err(Fault::Misfit),
    };
    match (ty, value) {
        (Some(ty), Some(value)) => Ok((tag, Some((ty, value)))),
        (None, None) => Ok((tag, None)),
        _ => Err(Fault::Misfit),
    }
}

/// A value that is one slot of 32 bits.
fn small(ty: &Type, value: &Value) -> Result<u32, Fault> {
    Ok(match (ty, value) {
        (Type::Bool, Value::Bool(value)) => u32::from(*value),
        (Type::S8, Value::S8(value)) => i32::from(*value).cast_unsigned(),
        (Type::U8, Value::U8(value)) => u32::from(*value),
        (Type::S16, Value::S16(value)) => i32::from(*value).cast_unsigned(),
        (Type::U16, Value::U16(value)) => u32::from(*value),
        (Type::S32, Value::S32(value)) => value.cast_unsigned(),
        (Type::U32, Value::U32(value)) => *value,
        (Type::F32, Value::F32(value)) => value.to_bits(),
        (Type::Char, Value::Char(value)) => u32::from(*value),
        (Type::Enum(cases), Value::Enum(at)) if (*at as usize) < cases.len() => *at,
        _ => return Err(Fault::Misfit),
    })
}

/// Flags in words of 32 bits, the first in the lowest bit.
fn bits(set: &[bool]) -> impl Iterator<Item = u32> {
    debug_assert!(words(set.len()) as usize == set.len().div_ceil(32), "a word is of 32 flags");
    set.chunks(32).map(|word| word.iter().rev().fold(0, |bits, set| (bits << 1) | u32::from(*set)))
}
