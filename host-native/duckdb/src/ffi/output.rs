//! A column to be filled.

use std::ffi::c_void;
use std::marker::PhantomData;

use super::logical_type::LogicalType;
use super::parameter::Parameter;
use super::type_id::TypeId;
use super::vector::Stored;

/// Room for the values of a column.
#[derive(Debug)]
pub(crate) struct Output<'chunk> {
    raw: duckdb::duckdb_vector,
    len: usize,
    data: *mut c_void,
    kind: TypeId,
    stored_as: TypeId,
    chunk: PhantomData<&'chunk mut ()>,
}

impl Output<'_> {
    /// # Safety
    /// `raw` is a flat vector with room for `len` values that nobody else uses for the lifetime.
    pub(super) unsafe fn from_raw(raw: duckdb::duckdb_vector, len: usize) -> Self {
        // SAFETY: the vector is live, and the type is given away.
        let (kind, data) = unsafe {
            let kind = LogicalType::from_raw(duckdb::duckdb_vector_get_column_type(raw));
            (kind, duckdb::duckdb_vector_get_data(raw))
        };
        Self { raw, len, data, kind: kind.id(), stored_as: kind.stored_as(), chunk: PhantomData }
    }

    /// How many values there are to be.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Makes a value NULL.
    ///
    /// # Errors
    /// There is no such row.
    pub(crate) fn set_null(&mut self, row: usize) -> Result<(), String> {
        self.check(row, true)?;
        // SAFETY: the vector is live and has the row.
        unsafe {
            duckdb::duckdb_vector_ensure_validity_writable(self.raw);
            let validity = duckdb::duckdb_vector_get_validity(self.raw);
            duckdb::duckdb_validity_set_row_invalid(validity, row as u64);
        }
        Ok(())
    }

    /// Sets a value that is stored as it is.
    ///
    /// # Errors
    /// There is no such row, or the column holds something else.
    pub(crate) fn set<T: Stored>(&mut self, row: usize, value: T) -> Result<(), String> {
        self.check(row, T::holds(self.stored_as))?;
        // SAFETY: the kind of vector was checked, so it has room for `len` values of the type, and the row is one of
        // them. DuckDB aligns its vectors for what they hold.
        unsafe { self.data.cast::<T>().add(row).write(value) };
        Ok(())
    }

    /// Sets all values that are stored as they are; those that are none become NULL.
    ///
    /// # Errors
    /// There are more or fewer than rows, or the column holds something else.
    pub(crate) fn set_all<T: Stored>(
        &mut self,
        values: impl ExactSizeIterator<Item = Option<T>>,
    ) -> Result<(), String> {
        if values.len() != self.len || !T::holds(self.stored_as) {
            return Err(misfit());
        }
        let data = self.data.cast::<T>();
        for (row, value) in values.enumerate().take(self.len) {
            match value {
                // SAFETY: as in `set`; the kind was checked, and there are no more values than rows.
                Some(value) => unsafe { data.add(row).write(value) },
                None => self.set_null(row)?,
            }
        }
        Ok(())
    }

    /// Sets a text.
    ///
    /// # Errors
    /// There is no such row, or the column holds something else.
    pub(crate) fn set_text(&mut self, row: usize, text: Option<&str>) -> Result<(), String> {
        match text {
            Some(text) => self.set_stored_text(row, text.as_bytes(), TypeId::Varchar),
            None => self.set_null(row),
        }
    }

    /// Sets a BLOB.
    ///
    /// # Errors
    /// There is no such row, or the column holds something else.
    pub(crate) fn set_bytes(&mut self, row: usize, bytes: &[u8]) -> Result<(), String> {
        self.set_stored_text(row, bytes, TypeId::Blob)
    }

    fn set_stored_text(&mut self, row: usize, bytes: &[u8], kind: TypeId) -> Result<(), String> {
        self.check(row, self.kind == kind)?;
        // SAFETY: the vector is one of texts or bytes and has the row; pointer and length are those of a live slice,
        // which is copied. That texts are UTF-8 was seen to by `set_text`.
        unsafe {
            duckdb::duckdb_unsafe_vector_assign_string_element_len(
                self.raw,
                row as u64,
                bytes.as_ptr().cast(),
                bytes.len() as u64,
            );
        }
        Ok(())
    }

    /// Sets a value of whatever type, casting it to that of the column, `kind`. Whether it can be cast.
    ///
    /// # Errors
    /// There is no such row, or the column is of another type.
    pub(crate) fn cast(&mut self, row: usize, value: &Parameter, kind: &LogicalType) -> Result<bool, String> {
        self.check(row, self.kind == kind.id())?;
        let Some(value) = value.cast(kind) else { return Ok(false) };
        // SAFETY: all handles are live, and `single` and `first` are ours and given up. `single` refers to a value of its
        // own type, which is the column's; the selection says to copy its first and only row to the given one.
        unsafe {
            let mut single = duckdb::duckdb_create_vector(kind.raw(), 1);
            let first = duckdb::duckdb_create_selection_vector(1);
            *duckdb::duckdb_selection_vector_get_data_ptr(first) = 0;
            duckdb::duckdb_vector_reference_value(single, value.raw());
            duckdb::duckdb_vector_copy_sel(single, self.raw, first, 1, 0, row as u64);
            duckdb::duckdb_destroy_selection_vector(first);
            duckdb::duckdb_destroy_vector(&raw mut single);
        }
        Ok(true)
    }

    /// Room for `count` items of all lists of a LIST or MAP column.
    ///
    /// # Errors
    /// The column holds something else.
    pub(crate) fn items(&mut self, count: usize) -> Result<Output<'_>, String> {
        if !matches!(self.kind, TypeId::List | TypeId::Map) {
            return Err(misfit());
        }
        // SAFETY: the vector is one of lists; its items have room for as many as were reserved, and are lent by this
        // value as long as they are used.
        unsafe {
            duckdb::duckdb_list_vector_reserve(self.raw, count as u64);
            duckdb::duckdb_list_vector_set_size(self.raw, count as u64);
            Ok(Output::from_raw(duckdb::duckdb_list_vector_get_child(self.raw), count))
        }
    }

    /// Room for the values of one part of a STRUCT column, or of the items of a MAP, whose parts are keys and values.
    ///
    /// # Errors
    /// The column has no such part.
    pub(crate) fn part(&mut self, index: usize) -> Result<Output<'_>, String> {
        // SAFETY: the vector is live, and the type is given away.
        let kind = LogicalType::from_raw(unsafe { duckdb::duckdb_vector_get_column_type(self.raw) });
        if self.kind != TypeId::Struct || index >= kind.part_count() {
            return Err(misfit());
        }
        // SAFETY: the vector has that part, which is as long as itself and lent by this value.
        unsafe {
            Ok(Output::from_raw(duckdb::duckdb_struct_vector_get_child(self.raw, index as u64), self.len))
        }
    }

    fn check(&self, row: usize, fits: bool) -> Result<(), String> {
        if row < self.len && fits { Ok(()) } else { Err(misfit()) }
    }
}

fn misfit() -> String {
    "the results of the function don't fit its column".to_owned()
}
