//! Where the parts of a value stand in memory (canonical ABI: alignment, size).

use mxcp_core::wit::{Case, Field, Type};

use super::memory::Fault;

/// Size and alignment in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes that a value takes, a multiple of the alignment.
    pub size: u32,
    /// What its address is a multiple of: 1, 2, 4 or 8.
    pub align: u32,
}

impl Layout {
    /// The layout of values of a type.
    #[must_use]
    pub fn of(ty: &Type) -> Self {
        match ty {
            Type::Bool | Type::S8 | Type::U8 => Self::scalar(1),
            Type::S16 | Type::U16 => Self::scalar(2),
            Type::S32 | Type::U32 | Type::F32 | Type::Char => Self::scalar(4),
            Type::S64 | Type::U64 | Type::F64 => Self::scalar(8),
            Type::String | Type::List(_) => Self { size: 8, align: 4 },
            Type::Option(inner) => Self::variant(2, [Some(&**inner)].into_iter()),
            Type::Result(ok, error) => Self::variant(2, [ok.as_deref(), error.as_deref()].into_iter()),
            Type::Tuple(items) => Self::sequence(items.iter()),
            Type::Record(fields) => Self::sequence(fields.iter().map(|Field { ty, .. }| ty)),
            Type::Variant(cases) => {
                Self::variant(cases.len(), cases.iter().map(|Case { ty, .. }| ty.as_ref()))
            }
            Type::Enum(cases) => Self::scalar(discriminant(cases.len())),
            Type::Flags(names) => Self::flags(names.len()),
        }
    }

    /// The layout of values one after the other.
    pub(super) fn sequence<'a>(types: impl Iterator<Item = &'a Type>) -> Self {
        let (size, align) = types.map(Self::of).fold((0, 1), |(size, align): (u32, u32), next| {
            (next.after(size).saturating_add(next.size), align.max(next.align))
        });
        Self { size: up(size, align), align }
    }

    /// The layout of one of several cases.
    fn variant<'a>(cases: usize, payloads: impl Iterator<Item = Option<&'a Type>>) -> Self {
        let tag = discriminant(cases);
        let (size, align) = payloads
            .flatten()
            .map(Self::of)
            .fold((0, 1), |(size, align): (u32, u32), next| (size.max(next.size), align.max(next.align)));
        let align_all = align.max(tag);
        Self { size: up(up(tag, align).saturating_add(size), align_all), align: align_all }
    }

    fn flags(names: usize) -> Self {
        match names {
            0..=8 => Self::scalar(1),
            9..=16 => Self::scalar(2),
            more => Self { size: 4 * words(more), align: 4 },
        }
    }

    const fn scalar(size: u32) -> Self {
        Self { size, align: size }
    }

    /// Where a value of this layout stands that comes after `offset` bytes.
    pub(super) fn after(self, offset: u32) -> u32 {
        up(offset, self.align)
    }

    /// Bytes of so many values of this layout.
    pub(super) fn times(self, count: usize) -> Result<u32, Fault> {
        let count = u32::try_from(count).map_err(|_| Fault::OutOfMemory)?;
        self.size.checked_mul(count).ok_or(Fault::OutOfMemory)
    }
}

/// Where the payload of a variant stands, whichever case it is of.
pub(super) fn payload_offset<'a>(cases: usize, payloads: impl Iterator<Item = Option<&'a Type>>) -> u32 {
    let align = payloads.flatten().map(|ty| Layout::of(ty).align).max().unwrap_or(1);
    up(discriminant(cases), align)
}

/// Bytes of a variant's discriminant.
pub(super) fn discriminant(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Words of 32 bits that so many flags take.
pub(super) fn words(names: usize) -> u32 {
    u32::try_from(names.div_ceil(32)).unwrap_or(u32::MAX)
}

fn up(offset: u32, align: u32) -> u32 {
    offset.checked_next_multiple_of(align).unwrap_or(u32::MAX)
}
