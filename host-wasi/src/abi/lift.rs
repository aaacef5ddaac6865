//! From slots and memory to values.
//!
//! What is read was made by a component, which nobody trusts: every address, text, character and case is checked. Blocks
//! are this instance's own as soon as the result is there, and are given back as they are read; of a result that is
//! refused, what was not read yet stays until the instance ends.

use mxcp_core::wit::{Type, Value};

use super::layout::{Layout, discriminant};
use super::lower::{offset_by, shape};
use super::memory::{Fault, Memory};
use super::signature::slots;

/// Values on their way out of a memory.
#[derive(Debug)]
pub(super) struct Lifting<'a, M> {
    pub(super) memory: &'a mut M,
}

impl<M: Memory> Lifting<'_, M> {
    /// A value from its slots, which are taken off.
    pub(super) fn flat(&mut self, ty: &Type, flat: &mut &[u64]) -> Result<Value, Fault> {
        Ok(match ty {
            Type::S64 => Value::S64(take(flat)?.cast_signed()),
            Type::U64 => Value::U64(take(flat)?),
            Type::F64 => Value::F64(f64::from_bits(take(flat)?)),
            Type::String => {
                let (at, length) = (low(take(flat)?), low(take(flat)?));
                self.text(at, length)?
            }
            Type::List(item) => {
                let (at, length) = (low(take(flat)?), low(take(flat)?));
                self.list(item, at, length)?
            }
            Type::Tuple(types) => {
                Value::Tuple(types.iter().map(|ty| self.flat(ty, flat)).collect::<Result<_, _>>()?)
            }
            Type::Record(fields) => {
                let fields = fields.iter().map(|field| self.flat(&field.ty, flat));
                Value::Record(fields.collect::<Result<_, _>>()?)
            }
            Type::Flags(names) => {
                let words: Vec<u32> =
                    (0..slots(ty)).map(|_| take(flat).map(low)).collect::<Result<_, _>>()?;
                flags(names.len(), &words)
            }
            Type::Option(_) | Type::Result(..) | Type::Variant(_) => {
                // Cases are of different lengths: what is not the case's own is skipped.
                let (mut own, rest) = flat.split_at_checked(slots(ty)).ok_or(Fault::Misfit)?;
                *flat = rest;
                let tag = low(take(&mut own)?);
                let payload = payload_type(ty, tag)?;
                let payload = payload.map(|ty| self.flat(ty, &mut own)).transpose()?;
                variant(ty, tag, payload)?
            }
            ty => small(ty, low(take(flat)?))?,
        })
    }

    /// A value from an address.
    pub(super) fn load(&mut self, ty: &Type, at: u32) -> Result<Value, Fault> {
        Ok(match ty {
            Type::S64 => Value::S64(i64::from_le_bytes(self.array(at)?)),
            Type::U64 => Value::U64(u64::from_le_bytes(self.array(at)?)),
            Type::F64 => Value::F64(f64::from_le_bytes(self.array(at)?)),
            Type::String => {
                let (at, length) = self.pair(at)?;
                self.text(at, length)?
            }
            Type::List(item) => {
                let (at, length) = self.pair(at)?;
                self.list(item, at, length)?
            }
            Type::Tuple(types) => Value::Tuple(self.load_all(types.iter(), at)?),
            Type::Record(fields) => Value::Record(self.load_all(fields.iter().map(|field| &field.ty), at)?),
            Type::Flags(names) => {
                let Layout { size, .. } = Layout::of(ty);
                let mut bytes = vec![0; (size as usize).next_multiple_of(4)];
                self.memory.read(at, bytes.get_mut(..size as usize).ok_or(Fault::Misfit)?)?;
                let words: Vec<u32> =
                    bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
                flags(names.len(), &words)
            }
            Type::Option(_) | Type::Result(..) | Type::Variant(_) => {
                let (cases, offset) = shape(ty);
                let tag = self.low(at, discriminant(cases))?;
                let payload = payload_type(ty, tag)?;
                let at = offset_by(at, offset)?;
                let payload = payload.map(|ty| self.load(ty, at)).transpose()?;
                variant(ty, tag, payload)?
            }
            ty => {
                let bits = self.low(at, Layout::of(ty).size)?;
                small(ty, bits)?
            }
        })
    }

    fn load_all<'t>(&mut self, types: impl Iterator<Item = &'t Type>, at: u32) -> Result<Vec<Value>, Fault> {
        let mut values = Vec::new();
        let mut offset = 0;
        for ty in types {
            let layout = Layout::of(ty);
            offset = layout.after(offset);
            values.push(self.load(ty, offset_by(at, offset)?)?);
            offset += layout.size;
        }
        Ok(values)
    }

    fn array<const N: usize>(&self, at: u32) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.memory.read(at, &mut bytes)?;
        Ok(bytes)
    }

    fn low(&self, at: u32, size: u32) -> Result<u32, Fault> {
        let mut bytes = [0; 4];
        self.memory.read(at, bytes.get_mut(..size as usize).ok_or(Fault::Misfit)?)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn pair(&self, at: u32) -> Result<(u32, u32), Fault> {
        Ok((u32::from_le_bytes(self.array(at)?), u32::from_le_bytes(self.array(offset_by(at, 4)?)?)))
    }

    fn text(&mut self, at: u32, length: u32) -> Result<Value, Fault> {
        let bytes = self.bytes(at, length)?;
        Ok(Value::String(String::from_utf8(bytes).map_err(|_| Fault::Text)?))
    }

    /// The bytes of a block, which is given back.
    fn bytes(&mut self, at: u32, length: u32) -> Result<Vec<u8>, Fault> {
        if length == 0 {
            return Ok(Vec::new());
        }
        // One byte more than there could be would be read beyond the memory: asked for before room is made.
        self.memory.read(offset_by(at, length - 1)?, &mut [0])?;
        let mut bytes = vec![0; length as usize];
        self.memory.read(at, &mut bytes)?;
        self.memory.free(at, length, 1);
        Ok(bytes)
    }

    /// The items of a block, which is given back.
    fn list(&mut self, item: &Type, at: u32, length: u32) -> Result<Value, Fault> {
        if *item == Type::U8 {
            return Ok(Value::Bytes(self.bytes(at, length)?));
        }
        let layout = Layout::of(item);
        let size = layout.times(length as usize).map_err(|_| Fault::OutOfBounds)?;
        if size > 0 {
            if !at.is_multiple_of(layout.align) {
                return Err(Fault::OutOfBounds);
            }
            self.memory.read(offset_by(at, size - 1)?, &mut [0])?;
        }
        let mut items = Vec::with_capacity(length as usize);
        let mut next = at;
        for _ in 0..length {
            items.push(self.load(item, next)?);
            next = next.saturating_add(layout.size);
        }
        self.memory.free(at, size, layout.align);
        Ok(Value::List(items))
    }
}

fn take(flat: &mut &[u64]) -> Result<u64, Fault> {
    let (first, rest) = flat.split_first().ok_or(Fault::Misfit)?;
    *flat = rest;
    Ok(*first)
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are the value")]
fn low(slot: u64) -> u32 {
    slot as u32
}

/// What a case carries.
fn payload_type(ty: &Type, tag: u32) -> Result<Option<&Type>, Fault> {
    match (ty, tag) {
        (Type::Option(_), 0) => Ok(None),
        (Type::Option(inner), 1) => Ok(Some(inner)),
        (Type::Result(ok, _), 0) => Ok(ok.as_deref()),
        (Type::Result(_, error), 1) => Ok(error.as_deref()),
        (Type::Variant(cases), tag) => Ok(cases.get(tag as usize).ok_or(Fault::Case)?.ty.as_ref()),
        _ => Err(Fault::Case),
    }
}

fn variant(ty: &Type, tag: u32, payload: Option<Value>) -> Result<Value, Fault> {
    let payload = payload.map(Box::new);
    Ok(match (ty, tag) {
        (Type::Option(_), _) => Value::Option(payload),
        (Type::Result(..), 0) => Value::Result(Ok(payload)),
        (Type::Result(..), _) => Value::Result(Err(payload)),
        (Type::Variant(_), tag) => Value::Variant(tag, payload),
        _ => return Err(Fault::Misfit),
    })
}

/// A value that is one slot of 32 bits. Of smaller integers the low bits count, as the canonical ABI says.
#[expect(clippy::cast_possible_truncation, reason = "the low bits are the value")]
fn small(ty: &Type, bits: u32) -> Result<Value, Fault> {
    Ok(match ty {
        Type::Bool => Value::Bool(bits != 0),
        Type::S8 => Value::S8((bits as u8).cast_signed()),
        Type::U8 => Value::U8(bits as u8),
        Type::S16 => Value::S16((bits as u16).cast_signed()),
        Type::U16 => Value::U16(bits as u16),
        Type::S32 => Value::S32(bits.cast_signed()),
        Type::U32 => Value::U32(bits),
        Type::F32 => Value::F32(f32::from_bits(bits)),
        Type::Char => Value::Char(char::from_u32(bits).ok_or(Fault::Character)?),
        Type::Enum(cases) if (bits as usize) < cases.len() => Value::Enum(bits),
        Type::Enum(_) => return Err(Fault::Case),
        _ => return Err(Fault::Misfit),
    })
}

fn flags(names: usize, words: &[u32]) -> Value {
    let bit = |at: usize| words.get(at / 32).is_some_and(|word| word >> (at % 32) & 1 == 1);
    Value::Flags((0..names).map(bit).collect())
}
