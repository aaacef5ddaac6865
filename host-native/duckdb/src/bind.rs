//! Values as SQL parameters.

mod kind;
mod parameter;

use std::collections::BTreeSet;

use mxcp_core::value::Object;

pub(crate) use self::kind::Kind;
pub(crate) use self::parameter::{epoch_days, micros_of_day, parameter};
use crate::ffi::Prepared;

/// Sets the parameters of a statement; `names` says which argument each of them takes.
///
/// # Errors
/// A value has no SQL form, in DuckDB's form of a message.
pub(crate) fn bind(prepared: &mut Prepared, names: &[String], arguments: &Object) -> Result<(), String> {
    for (index, name) in names.iter().enumerate() {
        if let Some(value) = arguments.get(name) {
            prepared.bind(index, &parameter(value)?)?;
        }
    }
    Ok(())
}

/// Whether every argument is used and every parameter of a statement has a value.
///
/// # Errors
/// A name is missing or superfluous, in DuckDB's form of a message.
pub(crate) fn check_names(names: &[String], arguments: &Object) -> Result<(), String> {
    if names.len() == arguments.len() && names.iter().all(|name| arguments.contains_key(name)) {
        return Ok(());
    }
    let wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let given: BTreeSet<&str> = arguments.keys().map(|name| &**name).collect();
    let list = |names: Vec<&str>| names.join(", ");
    let missing = list(wanted.difference(&given).copied().collect());
    if missing.is_empty() {
        let excess = list(given.difference(&wanted).copied().collect());
        return Err(format!(
            "Invalid Input Error: Parameter argument/count mismatch, identifiers of the excess parameters: {excess}"
        ));
    }
    Err(format!("Invalid Input Error: Values were not provided for the following parameters: {missing}"))
}
