//! Functions of our own, callable from SQL.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use super::connection::Handle;
use super::logical_type::LogicalType;
use super::text::to_c;
use super::type_id::TypeId;
use super::vector::Vector;

/// Most arguments that a function takes.
const MOST_ARGUMENTS: usize = 2;

/// A function of up to two texts that gives a text or NULL.
///
/// DuckDB may compute it once while it plans, when its arguments are constant and it is not volatile: a plan is then good
/// for one run only. [`ScalarFunction::start`] is called before either.
pub(crate) trait ScalarFunction: Send + Sync {
    /// What SQL calls it.
    fn name(&self) -> &str;

    /// How many texts it takes, two at most.
    fn arguments(&self) -> usize;

    /// Whether it does something that must be done for each row, and not while DuckDB plans.
    fn is_volatile(&self) -> bool {
        false
    }

    /// Called when a query begins to compute the function, on each thread that does, with the id of the connection
    /// that asked.
    fn start(&self, connection: u64) -> Box<dyn Evaluation>;
}

/// The function within one query.
pub(crate) trait Evaluation: Send {
    /// Computes one value. NULL is passed as none.
    ///
    /// # Errors
    /// What is wrong with the arguments; the query fails with it.
    fn evaluate(&self, arguments: &[Option<&str>]) -> Result<Option<String>, String>;
}

/// Defines a function for the whole database.
pub(super) fn define(connection: &Handle, function: Arc<dyn ScalarFunction>) -> Result<(), String> {
    let name = to_c(function.name())?;
    let varchar = LogicalType::simple(TypeId::Varchar);
    let (arguments, volatile) = (function.arguments().min(MOST_ARGUMENTS), function.is_volatile());
    let shared = Box::into_raw(Box::new(function));
    // SAFETY: all handles are live during the calls. DuckDB owns `shared` from `set_extra_info` on and frees it by
    // `drop_function` when the last copy of the definition goes; the callbacks match what is stored.
    let state = unsafe {
        let mut definition = duckdb::duckdb_create_scalar_function();
        duckdb::duckdb_scalar_function_set_extra_info(definition, shared.cast(), Some(drop_function));
        duckdb::duckdb_scalar_function_set_name(definition, name.as_ptr());
        for _ in 0..arguments {
            duckdb::duckdb_scalar_function_add_parameter(definition, varchar.raw());
        }
        duckdb::duckdb_scalar_function_set_return_type(definition, varchar.raw());
        duckdb::duckdb_scalar_function_set_special_handling(definition);
        if volatile {
            duckdb::duckdb_scalar_function_set_volatile(definition);
        }
        duckdb::duckdb_scalar_function_set_init(definition, Some(initialise));
        duckdb::duckdb_scalar_function_set_function(definition, Some(execute));
        let state = duckdb::duckdb_register_scalar_function(connection.raw(), definition);
        duckdb::duckdb_destroy_scalar_function(&raw mut definition);
        state
    };
    if state == duckdb::DuckDBSuccess { Ok(()) } else { Err(format!("can't define the function {name:?}")) }
}

type Shared = Arc<dyn ScalarFunction>;
type Local = Box<dyn Evaluation>;

unsafe extern "C" fn drop_function(shared: *mut c_void) {
    // SAFETY: the pointer is the one of `define`, given back once.
    drop(unsafe { Box::from_raw(shared.cast::<Shared>()) });
}

unsafe extern "C" fn drop_local(local: *mut c_void) {
    // SAFETY: the pointer is the one of `initialise`, given back once.
    drop(unsafe { Box::from_raw(local.cast::<Local>()) });
}

unsafe extern "C" fn initialise(info: duckdb::duckdb_init_info) {
    // SAFETY: DuckDB calls with live handles; the extra info is the `Shared` of `define`, and lives as long as the
    // function. The state is DuckDB's from here on and freed by `drop_local`.
    unsafe {
        let mut context = ptr::null_mut();
        duckdb::duckdb_scalar_function_init_get_client_context(info, &raw mut context);
        let connection = duckdb::duckdb_client_context_get_connection_id(context);
        duckdb::duckdb_destroy_client_context(&raw mut context);
        let shared = duckdb::duckdb_scalar_function_init_get_extra_info(info).cast::<Shared>();
        let local: Local = (*shared).start(connection);
        duckdb::duckdb_scalar_function_init_set_state(
            info,
            Box::into_raw(Box::new(local)).cast(),
            Some(drop_local),
        );
    }
}

unsafe extern "C" fn execute(
    info: duckdb::duckdb_function_info,
    input: duckdb::duckdb_data_chunk,
    output: duckdb::duckdb_vector,
) {
    // SAFETY: DuckDB calls with live handles, after `initialise` on the same thread, whose `Local` the state is.
    // The input is flat, and the output has room for as many values.
    unsafe {
        let local = &*duckdb::duckdb_scalar_function_get_state(info).cast::<Local>();
        let rows = usize::try_from(duckdb::duckdb_data_chunk_get_size(input)).unwrap_or(0);
        let columns = usize::try_from(duckdb::duckdb_data_chunk_get_column_count(input)).unwrap_or(0);
        let columns: Vec<_> = (0..columns.min(MOST_ARGUMENTS))
            .map(|index| Vector::from_raw(duckdb::duckdb_data_chunk_get_vector(input, index as u64), rows))
            .map(|column| (column, column.bytes()))
            .collect();
        if columns.is_empty() {
            return fill(info, output, rows, local.evaluate(&[]));
        }
        let mut arguments = [None; MOST_ARGUMENTS];
        let arguments = arguments.get_mut(..columns.len()).unwrap_or_default();
        for row in 0..rows {
            for (argument, (column, texts)) in arguments.iter_mut().zip(&columns) {
                let bytes = texts.filter(|_| column.is_valid(row)).and_then(|texts| texts.get(row));
                *argument = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
            }
            match local.evaluate(arguments) {
                Ok(value) => write(output, row, value.as_deref()),
                Err(message) => return fail(info, &message),
            }
        }
    }
}

/// Gives one value to all rows.
///
/// # Safety
/// `info` is live, and `output` a vector of texts with room for the rows.
unsafe fn fill(
    info: duckdb::duckdb_function_info,
    output: duckdb::duckdb_vector,
    rows: usize,
    value: Result<Option<String>, String>,
) {
    // SAFETY: as the caller says.
    unsafe {
        match value {
            Ok(value) => (0..rows).for_each(|row| write(output, row, value.as_deref())),
            Err(message) => fail(info, &message),
        }
    }
}

/// Fails the query.
///
/// # Safety
/// `info` is live.
unsafe fn fail(info: duckdb::duckdb_function_info, message: &str) {
    // A NUL would end it in C.
    let message = to_c(&message.replace('\0', " ")).unwrap_or_default();
    // SAFETY: as the caller says; the message is copied.
    unsafe { duckdb::duckdb_scalar_function_set_error(info, message.as_ptr()) };
}

/// # Safety
/// `output` is a vector of texts with room for the row.
unsafe fn write(output: duckdb::duckdb_vector, row: usize, value: Option<&str>) {
    let row = row as u64;
    // SAFETY: as the caller says; the text is copied.
    unsafe {
        match value {
            Some(text) => duckdb::duckdb_vector_assign_string_element_len(
                output,
                row,
                text.as_ptr().cast(),
                text.len() as u64,
            ),
            None => {
                duckdb::duckdb_vector_ensure_validity_writable(output);
                let validity = duckdb::duckdb_vector_get_validity(output);
                duckdb::duckdb_validity_set_row_invalid(validity, row);
            }
        }
    }
}
