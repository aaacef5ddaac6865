//! The values of a column, as DuckDB stores them.

use std::marker::PhantomData;
use std::{fmt, slice};

use super::logical_type::LogicalType;
use super::type_id::TypeId;

/// The values of a column within a chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vector<'chunk> {
    raw: duckdb::duckdb_vector,
    len: usize,
    validity: *const u64,
    chunk: PhantomData<&'chunk ()>,
}

/// 128 bits in two halves.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide {
    pub(crate) lower: u64,
    pub(crate) upper: u64,
}

/// An INTERVAL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Months {
    pub(crate) months: i32,
    pub(crate) days: i32,
    pub(crate) micros: i64,
}

/// Where the items of one list are within the items of all.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListEntry {
    offset: u64,
    length: u64,
}

/// The texts or bytes of a column.
#[derive(Clone, Copy)]
pub(crate) struct Bytes<'chunk>(&'chunk [StoredText]);

/// A text as DuckDB stores it: up to twelve bytes in place, else a pointer.
type StoredText = duckdb::duckdb_string_t;

/// A plain type that vectors of some kinds hold.
///
/// # Safety
/// Every bit pattern is a value of the type, and DuckDB stores one per row for the kinds that
/// [`Stored::holds`] says yes to.
pub(crate) unsafe trait Stored: Copy {
    fn holds(kind: TypeId) -> bool;
}

macro_rules! stored {
    ($($type:ty: $($kind:ident)|+;)+) => {
        $(
            // SAFETY: plain numbers of the width that DuckDB has for these kinds.
            unsafe impl Stored for $type {
                fn holds(kind: TypeId) -> bool {
                    matches!(kind, $(TypeId::$kind)|+)
                }
            }
        )+
    };
}

stored! {
    i8: TinyInt;
    i16: SmallInt;
    i32: Integer | Date;
    i64: BigInt | Time | TimeNs | Timestamp | TimestampS | TimestampMs | TimestampNs | TimestampTz;
    // A BOOLEAN is read as a byte: any but 0 is true.
    u8: Boolean | UTinyInt;
    u16: USmallInt;
    u32: UInteger;
    u64: UBigInt | TimeTz;
    f32: Float;
    f64: Double;
    Wide: HugeInt | UHugeInt | Uuid;
    Months: Interval;
    ListEntry: List | Map;
}

impl<'chunk> Vector<'chunk> {
    /// # Safety
    /// `raw` is a flat vector of `len` values that lives, unchanged, for `'chunk`.
    pub(super) unsafe fn from_raw(raw: duckdb::duckdb_vector, len: usize) -> Self {
        // SAFETY: as the caller says.
        let validity = unsafe { duckdb::duckdb_vector_get_validity(raw) };
        Self { raw, len, validity, chunk: PhantomData }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether the value of a row is there, not NULL.
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        if self.validity.is_null() || row >= self.len {
            return row < self.len;
        }
        // SAFETY: the mask has a bit for each of the `len` rows, and the row is one of them.
        unsafe { *self.validity.add(row / 64) & (1 << (row % 64)) != 0 }
    }

    /// A bit for each row that says whether its value is there; none if all are.
    pub(crate) fn validity(&self) -> Option<&'chunk [u64]> {
        // SAFETY: the mask has a bit for each of the `len` rows, and lives for `'chunk`.
        (!self.validity.is_null())
            .then(|| unsafe { slice::from_raw_parts(self.validity, self.len.div_ceil(64)) })
    }

    fn logical_type(&self) -> LogicalType {
        // SAFETY: the vector is live, and the type is given away.
        LogicalType::from_raw(unsafe { duckdb::duckdb_vector_get_column_type(self.raw) })
    }

    /// The numbers of a column; none if it holds something else.
    pub(crate) fn values<T: Stored>(&self) -> Option<&'chunk [T]> {
        // SAFETY: the kind of vector was checked, so it has `len` values of the type, which live for `'chunk`.
        T::holds(self.logical_type().stored_as()).then(|| unsafe { self.data() })
    }

    /// The texts or bytes of a column; none if it holds something else.
    pub(crate) fn bytes(&self) -> Option<Bytes<'chunk>> {
        let kinds = [TypeId::Varchar, TypeId::Blob, TypeId::Bit, TypeId::Bignum];
        // SAFETY: all these kinds are stored as `StoredText`, one per row, and live for `'chunk`.
        kinds.contains(&self.logical_type().id()).then(|| Bytes(unsafe { self.data() }))
    }

    /// # Safety
    /// The vector holds `len` values of `T`.
    unsafe fn data<T>(&self) -> &'chunk [T] {
        // SAFETY: the vector is live.
        let data = unsafe { duckdb::duckdb_vector_get_data(self.raw) };
        if data.is_null() || self.len == 0 {
            return &[];
        }
        // SAFETY: DuckDB aligns its vectors for what they hold; the rest is the caller's word.
        unsafe { slice::from_raw_parts(data.cast::<T>(), self.len) }
    }

    /// The lists of a LIST or MAP column, and the items of all of them.
    pub(crate) fn lists(&self) -> Option<(&'chunk [ListEntry], Vector<'chunk>)> {
        let entries = self.values::<ListEntry>()?;
        // SAFETY: the vector is one of lists, as its entries show; the items are part of it.
        let items = unsafe {
            let size = duckdb::duckdb_list_vector_get_size(self.raw);
            Self::from_raw(duckdb::duckdb_list_vector_get_child(self.raw), usize::try_from(size).ok()?)
        };
        Some((entries, items))
    }

    /// The size of the arrays of an ARRAY column, and the items of all of them.
    pub(crate) fn arrays(&self) -> Option<(usize, Vector<'chunk>)> {
        let kind = self.logical_type();
        if kind.id() != TypeId::Array {
            return None;
        }
        let size = kind.array_size();
        // SAFETY: the vector is one of arrays; all of them have `size` items, stored in a row.
        let items = unsafe {
            Self::from_raw(duckdb::duckdb_array_vector_get_child(self.raw), self.len.checked_mul(size)?)
        };
        Some((size, items))
    }

    /// A part of a STRUCT column; of a UNION, part 0 is the tag.
    pub(crate) fn part(&self, index: usize) -> Option<Vector<'chunk>> {
        // SAFETY: the vector has that many parts, each as long as itself.
        (index < self.logical_type().part_count()).then(|| unsafe {
            Self::from_raw(duckdb::duckdb_struct_vector_get_child(self.raw, index as u64), self.len)
        })
    }
}

impl<'chunk> Bytes<'chunk> {
    /// The bytes of a row that is not NULL.
    pub(crate) fn get(&self, row: usize) -> Option<&'chunk [u8]> {
        let stored = self.0.get(row)?;
        // SAFETY: the length is stored at one place in both forms and says which of them it is; both hold that many
        // bytes, which live as long as the chunk.
        unsafe {
            let length = usize::try_from(stored.value.inlined.length).ok()?;
            let start = if length <= stored.value.inlined.inlined.len() {
                (&raw const stored.value.inlined.inlined).cast::<u8>()
            } else {
                stored.value.pointer.ptr.cast::<u8>().cast_const()
            };
            Some(slice::from_raw_parts(start, length))
        }
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Bytes").field("rows", &self.0.len()).finish()
    }
}

impl ListEntry {
    /// The items from a row on.
    pub(crate) fn new(start: usize, length: usize) -> Self {
        Self { offset: start as u64, length: length as u64 }
    }

    /// The rows of the items.
    pub(crate) fn rows(self) -> std::ops::Range<usize> {
        let start = usize::try_from(self.offset).unwrap_or(usize::MAX);
        start..start.saturating_add(usize::try_from(self.length).unwrap_or(0))
    }
}

impl Wide {
    pub(crate) fn from_bits(bits: u128) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
        Self { lower: bits as u64, upper: (bits >> 64) as u64 }
    }

    /// All 128 bits.
    pub(crate) fn bits(self) -> u128 {
        u128::from(self.upper) << 64 | u128::from(self.lower)
    }
}
