//! As little of DuckDB's C API as the floor needs.

#![expect(unsafe_code, reason = "DuckDB is called through its C API")]

use std::ffi::{CStr, CString};
use std::fmt::Write;
use std::marker::PhantomData;
use std::ptr;

use duckdb::{
    DUCKDB_TYPE_DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_DUCKDB_TYPE_INTEGER,
    DuckDBSuccess, duckdb_bind_int32, duckdb_close, duckdb_column_count, duckdb_column_name,
    duckdb_column_type, duckdb_connect, duckdb_connection, duckdb_data_chunk, duckdb_data_chunk_get_size,
    duckdb_data_chunk_get_vector, duckdb_database, duckdb_destroy_data_chunk, duckdb_destroy_prepare,
    duckdb_destroy_result, duckdb_disconnect, duckdb_execute_prepared, duckdb_fetch_chunk, duckdb_open,
    duckdb_prepare, duckdb_prepare_error, duckdb_prepared_statement, duckdb_query, duckdb_result,
    duckdb_result_error, duckdb_type, duckdb_validity_row_is_valid, duckdb_vector_get_data,
    duckdb_vector_get_validity,
};

/// A database in memory.
#[derive(Debug)]
pub(crate) struct Database(duckdb_database);

// SAFETY: DuckDB allows a database instance to be used from any number of threads at once.
unsafe impl Send for Database {}
// SAFETY: as above.
unsafe impl Sync for Database {}

impl Database {
    /// A new one; `threads` is what one query may use.
    pub(crate) fn open(threads: Option<u32>) -> Result<Self, String> {
        let mut handle = ptr::null_mut();
        // SAFETY: no path means a database in memory; the handle is written before it is read.
        if unsafe { duckdb_open(ptr::null(), &raw mut handle) } != DuckDBSuccess {
            return Err("can't open a database".to_owned());
        }
        let database = Self(handle);
        if let Some(threads) = threads {
            Connection::open(&database)?.set_threads(threads)?;
        }
        Ok(database)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: the handle came from `duckdb_open` and is closed once.
        unsafe { duckdb_close(&raw mut self.0) }
    }
}

/// A connection; it stays on its thread.
#[derive(Debug)]
pub(crate) struct Connection<'database> {
    handle: duckdb_connection,
    database: PhantomData<&'database Database>,
}

impl<'database> Connection<'database> {
    /// A connection to a database.
    pub(crate) fn open(database: &'database Database) -> Result<Self, String> {
        let mut handle = ptr::null_mut();
        // SAFETY: the database is open as long as it is borrowed.
        if unsafe { duckdb_connect(database.0, &raw mut handle) } != DuckDBSuccess {
            return Err("can't connect".to_owned());
        }
        Ok(Self { handle, database: PhantomData })
    }

    /// A statement with one parameter, ready to run.
    pub(crate) fn prepare(&self, text: &str) -> Result<Statement<'_>, String> {
        let text = CString::new(text).map_err(|error| error.to_string())?;
        let mut handle = ptr::null_mut();
        // SAFETY: connection and text live through the call. DuckDB writes the handle even when it fails.
        let state = unsafe { duckdb_prepare(self.handle, text.as_ptr(), &raw mut handle) };
        let statement = Statement { handle, connection: PhantomData };
        if state == DuckDBSuccess {
            return Ok(statement);
        }
        // SAFETY: the text belongs to the statement, which is destroyed after it was copied.
        Err(unsafe { text_of(duckdb_prepare_error(statement.handle)) })
    }

    fn set_threads(&self, threads: u32) -> Result<(), String> {
        let text = CString::new(format!("SET threads = {threads}")).map_err(|error| error.to_string())?;
        // SAFETY: connection and text live through the call; no result is asked for.
        let state = unsafe { duckdb_query(self.handle, text.as_ptr(), ptr::null_mut()) };
        if state == DuckDBSuccess { Ok(()) } else { Err("can't set the number of threads".to_owned()) }
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle came from `duckdb_connect` and is closed once.
        unsafe { duckdb_disconnect(&raw mut self.handle) }
    }
}

/// A prepared statement.
#[derive(Debug)]
pub(crate) struct Statement<'connection> {
    handle: duckdb_prepared_statement,
    connection: PhantomData<&'connection ()>,
}

impl Statement<'_> {
    /// Runs it with its one parameter and gives the rows as a JSON array of objects.
    pub(crate) fn rows(&mut self, number: i32) -> Result<String, String> {
        // SAFETY: all that is written is owned by this call: the result is destroyed by its guard.
        let (state, mut result) = unsafe {
            duckdb_bind_int32(self.handle, 1, number);
            let mut result: duckdb_result = std::mem::zeroed();
            let state = duckdb_execute_prepared(self.handle, &raw mut result);
            (state, Outcome(result))
        };
        if state != DuckDBSuccess {
            // SAFETY: the text belongs to the result, which lives until the end of this block.
            return Err(unsafe { text_of(duckdb_result_error(&raw mut result.0)) });
        }
        let columns = result.columns();
        let mut json = String::from("[");
        while let Some(chunk) = result.next_chunk() {
            chunk.write(&columns, &mut json);
        }
        json.push(']');
        Ok(json)
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle came from `duckdb_prepare` and is destroyed once.
        unsafe { duckdb_destroy_prepare(&raw mut self.handle) }
    }
}

struct Column {
    /// The name, quoted and with its colon.
    key: String,
    kind: duckdb_type,
}

struct Outcome(duckdb_result);

impl Outcome {
    fn columns(&mut self) -> Vec<Column> {
        // SAFETY: the result is a successful one; indexes stay below its count of columns.
        unsafe {
            (0..duckdb_column_count(&raw mut self.0))
                .map(|index| Column {
                    key: format!("\"{}\":", text_of(duckdb_column_name(&raw mut self.0, index))),
                    kind: duckdb_column_type(&raw mut self.0, index),
                })
                .collect()
        }
    }

    fn next_chunk(&mut self) -> Option<Chunk> {
        // SAFETY: the result is a successful one; a null chunk is the end.
        let chunk = unsafe { duckdb_fetch_chunk(self.0) };
        (!chunk.is_null()).then_some(Chunk(chunk))
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        // SAFETY: the result was written by DuckDB and is destroyed once.
        unsafe { duckdb_destroy_result(&raw mut self.0) }
    }
}

struct Chunk(duckdb_data_chunk);

impl Chunk {
    fn write(&self, columns: &[Column], json: &mut String) {
        // SAFETY: rows and columns stay below their counts, and the data of a vector has the type of its column.
        unsafe {
            for row in 0..duckdb_data_chunk_get_size(self.0) {
                json.push_str(if json.len() > 1 { ",{" } else { "{" });
                for (index, column) in (0..).zip(columns) {
                    if index > 0 {
                        json.push(',');
                    }
                    json.push_str(&column.key);
                    let vector = duckdb_data_chunk_get_vector(self.0, index);
                    let validity = duckdb_vector_get_validity(vector);
                    let data = duckdb_vector_get_data(vector);
                    let place = usize::try_from(row).unwrap_or_default();
                    // Writing to a string can't fail.
                    let _ = if !validity.is_null() && !duckdb_validity_row_is_valid(validity, row) {
                        write!(json, "null")
                    } else {
                        match column.kind {
                            DUCKDB_TYPE_DUCKDB_TYPE_INTEGER => {
                                write!(json, "{}", *data.cast::<i32>().add(place))
                            }
                            DUCKDB_TYPE_DUCKDB_TYPE_BIGINT => {
                                write!(json, "{}", *data.cast::<i64>().add(place))
                            }
                            DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE => {
                                write!(json, "{:?}", *data.cast::<f64>().add(place))
                            }
                            kind => write!(json, "\"type {kind}\""),
                        }
                    };
                }
                json.push('}');
            }
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: the chunk came from `duckdb_fetch_chunk` and is destroyed once.
        unsafe { duckdb_destroy_data_chunk(&raw mut self.0) }
    }
}

/// # Safety
/// The pointer is null or points to a text that ends in a zero byte.
unsafe fn text_of(pointer: *const std::ffi::c_char) -> String {
    if pointer.is_null() {
        return "unknown error".to_owned();
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}
