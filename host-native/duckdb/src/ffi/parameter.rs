//! Values to bind.

use std::ptr;

use super::logical_type::LogicalType;
use super::vector::{Months, Wide};

/// A value of a type, owned by DuckDB.
#[derive(Debug)]
pub(crate) struct Parameter(duckdb::duckdb_value);

/// Makes a constructor from the C function for a kind of number.
macro_rules! simple {
    ($($(#[$doc:meta])* $name:ident($type:ty) = $function:ident, $convert:expr;)+) => {
        impl Parameter {
            $($(#[$doc])*
            pub(crate) fn $name(value: $type) -> Self {
                let convert: fn($type) -> _ = $convert;
                // SAFETY: the function takes a plain number and gives the value away.
                Self(unsafe { duckdb::$function(convert(value)) })
            })+
        }
    };
}

simple! {
    /// BOOLEAN.
    boolean(bool) = duckdb_create_bool, |value| value;
    /// INTEGER.
    integer(i32) = duckdb_create_int32, |value| value;
    /// BIGINT.
    bigint(i64) = duckdb_create_int64, |value| value;
    /// UBIGINT.
    ubigint(u64) = duckdb_create_uint64, |value| value;
    /// HUGEINT.
    hugeint(i128) = duckdb_create_hugeint, huge;
    /// UHUGEINT.
    uhugeint(u128) = duckdb_create_uhugeint, |value| {
        let Wide { lower, upper } = Wide::from_bits(value);
        duckdb::duckdb_uhugeint { lower, upper }
    };
    /// DOUBLE.
    double(f64) = duckdb_create_double, |value| value;
    /// DATE, from the days since 1970.
    date(i32) = duckdb_create_date, |days| duckdb::duckdb_date { days };
    /// TIME, from the microseconds since midnight.
    time(i64) = duckdb_create_time, |micros| duckdb::duckdb_time { micros };
    /// TIMESTAMP, from the microseconds since 1970.
    timestamp(i64) = duckdb_create_timestamp, |micros| duckdb::duckdb_timestamp { micros };
    /// TIMESTAMP WITH TIME ZONE, from the microseconds since 1970 UTC.
    timestamp_tz(i64) = duckdb_create_timestamp_tz, |micros| duckdb::duckdb_timestamp { micros };
    /// INTERVAL.
    interval(Months) = duckdb_create_interval, |Months { months, days, micros }| {
        duckdb::duckdb_interval { months, days, micros }
    };
}

impl Parameter {
    pub(super) fn raw(&self) -> duckdb::duckdb_value {
        self.0
    }

    /// NULL without a type.
    pub(crate) fn null() -> Self {
        // SAFETY: no arguments; the value is given away.
        Self(unsafe { duckdb::duckdb_create_null_value() })
    }

    /// DECIMAL of `width` digits, `scale` of them after the point.
    pub(crate) fn decimal(unscaled: i128, width: u8, scale: u8) -> Self {
        let decimal = duckdb::duckdb_decimal { width, scale, value: huge(unscaled) };
        // SAFETY: a plain number; the value is given away.
        Self(unsafe { duckdb::duckdb_create_decimal(decimal) })
    }

    /// VARCHAR.
    pub(crate) fn text(text: &str) -> Self {
        // SAFETY: pointer and length are those of a live text, which is copied.
        Self(unsafe { duckdb::duckdb_create_varchar_length(text.as_ptr().cast(), text.len() as u64) })
    }

    /// BLOB.
    pub(crate) fn bytes(bytes: &[u8]) -> Self {
        // SAFETY: pointer and length are those of a live slice, which is copied.
        Self(unsafe { duckdb::duckdb_create_blob(bytes.as_ptr(), bytes.len() as u64) })
    }

    /// `item[]`; items of other types are cast.
    ///
    /// # Errors
    /// An item can't be cast.
    pub(crate) fn list(item: &LogicalType, items: &[Parameter]) -> Result<Self, String> {
        let mut raws: Vec<_> = items.iter().map(|item| item.0).collect();
        // SAFETY: the list has as many live handles as it says; DuckDB copies them.
        Self::checked(unsafe {
            duckdb::duckdb_create_list_value(item.raw(), raws.as_mut_ptr(), raws.len() as u64)
        })
    }

    /// `STRUCT`: one value for each field of `kind`, in order; values of other types are cast.
    ///
    /// # Errors
    /// A value can't be cast, or there are more or fewer values than fields.
    pub(crate) fn structure(kind: &LogicalType, values: &[Parameter]) -> Result<Self, String> {
        if kind.part_count() != values.len() {
            return Err(unmade());
        }
        let mut raws: Vec<_> = values.iter().map(|value| value.0).collect();
        // SAFETY: the list has a live handle for each field, as just checked; DuckDB copies them.
        Self::checked(unsafe { duckdb::duckdb_create_struct_value(kind.raw(), raws.as_mut_ptr()) })
    }

    /// A MAP without entries.
    ///
    /// # Errors
    /// `kind` is no MAP.
    pub(crate) fn empty_map(kind: &LogicalType) -> Result<Self, String> {
        let (mut keys, mut values) = ([ptr::null_mut()], [ptr::null_mut()]);
        // SAFETY: with a count of 0 DuckDB reads no entry; it only wants the pointers not to be null.
        Self::checked(unsafe {
            duckdb::duckdb_create_map_value(kind.raw(), keys.as_mut_ptr(), values.as_mut_ptr(), 0)
        })
    }

    /// The value as one of another type; none if it can't be cast.
    pub(crate) fn cast(&self, kind: &LogicalType) -> Option<Self> {
        // A list casts its items.
        let mut item = self.0;
        // SAFETY: the list has one live handle; DuckDB copies it.
        let list =
            Self::checked(unsafe { duckdb::duckdb_create_list_value(kind.raw(), &raw mut item, 1) }).ok()?;
        // SAFETY: the handle is live and has an item, which is given away.
        let raw = unsafe { duckdb::duckdb_get_list_child(list.0, 0) };
        (!raw.is_null()).then_some(Self(raw))
    }

    fn checked(raw: duckdb::duckdb_value) -> Result<Self, String> {
        if raw.is_null() { Err(unmade()) } else { Ok(Self(raw)) }
    }
}

fn unmade() -> String {
    "Invalid Input Error: the value has no SQL form".to_owned()
}

fn huge(value: i128) -> duckdb::duckdb_hugeint {
    let Wide { lower, upper } = Wide::from_bits(value.cast_unsigned());
    duckdb::duckdb_hugeint { lower, upper: upper.cast_signed() }
}

impl Drop for Parameter {
    fn drop(&mut self) {
        // SAFETY: the handle is ours; null is fine.
        unsafe { duckdb::duckdb_destroy_value(&raw mut self.0) };
    }
}
