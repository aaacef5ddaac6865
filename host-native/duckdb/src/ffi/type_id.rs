//! The kinds of types DuckDB has.

/// Declares the enum and its two conversions from one table.
macro_rules! type_ids {
    ($($name:ident = $constant:ident,)+) => {
        /// The kind of a type, without its parts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum TypeId {
            $(#[doc = stringify!($constant)] $name,)+
            /// One this crate has no reading for, by DuckDB's number.
            Unknown(duckdb::duckdb_type),
        }

        impl TypeId {
            pub(super) fn from_raw(raw: duckdb::duckdb_type) -> Self {
                match raw {
                    $(duckdb::$constant => Self::$name,)+
                    other => Self::Unknown(other),
                }
            }

            pub(super) fn to_raw(self) -> duckdb::duckdb_type {
                match self {
                    $(Self::$name => duckdb::$constant,)+
                    Self::Unknown(other) => other,
                }
            }
        }
    };
}

type_ids! {
    Boolean = DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN,
    TinyInt = DUCKDB_TYPE_DUCKDB_TYPE_TINYINT,
    SmallInt = DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT,
    Integer = DUCKDB_TYPE_DUCKDB_TYPE_INTEGER,
    BigInt = DUCKDB_TYPE_DUCKDB_TYPE_BIGINT,
    UTinyInt = DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT,
    USmallInt = DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT,
    UInteger = DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER,
    UBigInt = DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT,
    HugeInt = DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT,
    UHugeInt = DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT,
    Float = DUCKDB_TYPE_DUCKDB_TYPE_FLOAT,
    Double = DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE,
    Decimal = DUCKDB_TYPE_DUCKDB_TYPE_DECIMAL,
    Varchar = DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR,
    Blob = DUCKDB_TYPE_DUCKDB_TYPE_BLOB,
    Bit = DUCKDB_TYPE_DUCKDB_TYPE_BIT,
    Bignum = DUCKDB_TYPE_DUCKDB_TYPE_BIGNUM,
    Uuid = DUCKDB_TYPE_DUCKDB_TYPE_UUID,
    Enum = DUCKDB_TYPE_DUCKDB_TYPE_ENUM,
    Date = DUCKDB_TYPE_DUCKDB_TYPE_DATE,
    Time = DUCKDB_TYPE_DUCKDB_TYPE_TIME,
    TimeNs = DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS,
    TimeTz = DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ,
    Timestamp = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP,
    TimestampS = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S,
    TimestampMs = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS,
    TimestampNs = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS,
    TimestampTz = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ,
    Interval = DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL,
    List = DUCKDB_TYPE_DUCKDB_TYPE_LIST,
    Array = DUCKDB_TYPE_DUCKDB_TYPE_ARRAY,
    Struct = DUCKDB_TYPE_DUCKDB_TYPE_STRUCT,
    Map = DUCKDB_TYPE_DUCKDB_TYPE_MAP,
    Union = DUCKDB_TYPE_DUCKDB_TYPE_UNION,
    Null = DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL,
    Geometry = DUCKDB_TYPE_DUCKDB_TYPE_GEOMETRY,
    Variant = DUCKDB_TYPE_DUCKDB_TYPE_VARIANT,
}
