//! The user of a call, as Python sees them.

use mxcp_core::call::{Principal, Secret};
use mxcp_core::value::Value;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::to_python;

/// The fields that `mxcp.sdk.auth` knows.
pub(crate) fn of<'py>(py: Python<'py>, principal: &Principal) -> PyResult<Bound<'py, PyDict>> {
    let user = PyDict::new(py);
    user.set_item(intern!(py, "provider"), &principal.provider)?;
    user.set_item(intern!(py, "user_id"), &principal.user_id)?;
    user.set_item(intern!(py, "username"), &principal.username)?;
    user.set_item(intern!(py, "email"), &principal.email)?;
    user.set_item(intern!(py, "name"), &principal.name)?;
    user.set_item(intern!(py, "avatar_url"), principal.profile.get("avatar_url").and_then(Value::as_str))?;
    user.set_item(intern!(py, "raw_profile"), to_python::object(py, &principal.profile)?)?;
    user.set_item(intern!(py, "external_token"), principal.external_token.as_ref().map(Secret::reveal))?;
    user.set_item(intern!(py, "capabilities"), &principal.capabilities)?;
    Ok(user)
}
