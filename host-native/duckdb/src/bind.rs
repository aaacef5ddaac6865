//! Values as SQL parameters.

mod kind;
mod parameter;

use std::collections::BTreeSet;

use mxcp_core::value::Object;

use crate::ffi::Prepared;

/// Sets all parameters of a statement by name. Every value must be used and every parameter have a value.
///
/// # Errors
/// A name is missing or superfluous, or a value has no SQL form; in DuckDB's form of a message.
pub(crate) fn bind(prepared: &mut Prepared, arguments: &Object) -> Result<(), String> {
    let names = prepared.parameters();
    if names.len() != arguments.len() || !names.iter().all(|name| arguments.contains_key(name)) {
        return Err(mismatch(names, arguments));
    }
    for index in 0..names.len() {
        let value = prepared.parameters().get(index).and_then(|name| arguments.get(name));
        if let Some(value) = value {
            let parameter = parameter::parameter(value)?;
            prepared.bind(index, &parameter)?;
        }
    }
    Ok(())
}

fn mismatch(names: &[String], arguments: &Object) -> String {
    let wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let given: BTreeSet<&str> = arguments.keys().map(|name| &**name).collect();
    let list = |names: Vec<&str>| names.join(", ");
    let missing = list(wanted.difference(&given).copied().collect());
    if missing.is_empty() {
        let excess = list(given.difference(&wanted).copied().collect());
        return format!(
            "Invalid Input Error: Parameter argument/count mismatch, identifiers of the excess parameters: {excess}"
        );
    }
    format!("Invalid Input Error: Values were not provided for the following parameters: {missing}")
}
