//! Functions of our own, callable from SQL.

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use super::connection::Handle;
use super::logical_type::LogicalType;
use super::output::Output;
use super::text::to_c;
use super::vector::Vector;

/// A scalar function, which also gets rows with NULLs.
///
/// DuckDB may compute it once while it plans, when its arguments are constant and it is not volatile: a plan is then good
/// for one run only. [`ScalarFunction::start`] is called before either.
pub(crate) trait ScalarFunction: Send + Sync {
    /// What SQL calls it.
    fn name(&self) -> &str;

    /// The types of its arguments.
    ///
    /// # Errors
    /// There is no such type.
    fn parameters(&self) -> Result<Vec<LogicalType>, String>;

    /// The type of its result.
    ///
    /// # Errors
    /// There is no such type.
    fn returns(&self) -> Result<LogicalType, String>;

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
    /// Computes the values of `output`, from as many of each argument.
    ///
    /// # Errors
    /// What is wrong; the query fails with it.
    fn evaluate(&self, arguments: &[Vector<'_>], output: &mut Output<'_>) -> Result<(), String>;
}

/// Defines a function for the whole database.
pub(super) fn define(connection: &Handle, function: Arc<dyn ScalarFunction>) -> Result<(), String> {
    let name = to_c(function.name())?;
    let (parameters, returns) = (function.parameters()?, function.returns()?);
    let volatile = function.is_volatile();
    let shared = Box::into_raw(Box::new(function));
    // SAFETY: all handles are live during the calls. DuckDB owns `shared` from `set_extra_info` on and frees it by
    // `drop_function` when the last copy of the definition goes; the callbacks match what is stored.
    let state = unsafe {
        let mut definition = duckdb::duckdb_create_scalar_function();
        duckdb::duckdb_scalar_function_set_extra_info(definition, shared.cast(), Some(drop_function));
        duckdb::duckdb_scalar_function_set_name(definition, name.as_ptr());
        for parameter in &parameters {
            duckdb::duckdb_scalar_function_add_parameter(definition, parameter.raw());
        }
        duckdb::duckdb_scalar_function_set_return_type(definition, returns.raw());
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
    let function = unsafe { Box::from_raw(shared.cast::<Shared>()) };
    // A panic must not cross the border; there is nobody to tell.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(function)));
}

unsafe extern "C" fn drop_local(local: *mut c_void) {
    // SAFETY: the pointer is the one of `initialise`, given back once.
    let evaluation = unsafe { Box::from_raw(local.cast::<Local>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(evaluation)));
}

unsafe extern "C" fn initialise(info: duckdb::duckdb_init_info) {
    // SAFETY: DuckDB calls with live handles; the extra info is the `Shared` of `define`, and lives as long as the
    // function. The state is DuckDB's from here on and freed by `drop_local`; after an error there is none, and the
    // function is not called.
    unsafe {
        let mut context = ptr::null_mut();
        duckdb::duckdb_scalar_function_init_get_client_context(info, &raw mut context);
        let connection = duckdb::duckdb_client_context_get_connection_id(context);
        duckdb::duckdb_destroy_client_context(&raw mut context);
        let shared = &*duckdb::duckdb_scalar_function_init_get_extra_info(info).cast::<Shared>();
        match guarded(|| Ok(shared.start(connection))) {
            Ok(local) => duckdb::duckdb_scalar_function_init_set_state(
                info,
                Box::into_raw(Box::<Local>::new(local)).cast(),
                Some(drop_local),
            ),
            Err(message) => {
                let message = to_c(&message.replace('\0', " ")).unwrap_or_default();
                duckdb::duckdb_scalar_function_init_set_error(info, message.as_ptr());
            }
        }
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
        let arguments: Vec<_> = (0..duckdb::duckdb_data_chunk_get_column_count(input))
            .map(|index| Vector::from_raw(duckdb::duckdb_data_chunk_get_vector(input, index), rows))
            .collect();
        let mut output = Output::from_raw(output, rows);
        if let Err(message) = guarded(|| local.evaluate(&arguments, &mut output)) {
            // A NUL would end it in C. The message is copied.
            let message = to_c(&message.replace('\0', " ")).unwrap_or_default();
            duckdb::duckdb_scalar_function_set_error(info, message.as_ptr());
        }
    }
}

/// What a function gives; a panic, which must not cross the border, is an error as well.
fn guarded<T>(act: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| Err(said(&*panic)))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!("the function panicked: {}", text.unwrap_or("no reason given"))
}
