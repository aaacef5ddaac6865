//! A request over HTTP.

use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{Fields, OutgoingRequest, Scheme};

/// Sends a GET request and gives the status of the response.
pub(crate) fn get(authority: &str, secure: bool) -> Result<String, String> {
    let request = OutgoingRequest::new(Fields::new());
    let scheme = if secure { Scheme::Https } else { Scheme::Http };
    request.set_scheme(Some(&scheme)).map_err(|()| "the scheme is refused")?;
    request.set_authority(Some(authority)).map_err(|()| "the host is refused")?;
    request.set_path_with_query(Some("/")).map_err(|()| "the path is refused")?;
    let response = outgoing_handler::handle(request, None).map_err(|error| format!("{error:?}"))?;
    response.subscribe().block();
    match response.get() {
        Some(Ok(Ok(response))) => Ok(response.status().to_string()),
        Some(Ok(Err(error))) => Err(format!("{error:?}")),
        other => Err(format!("{other:?}")),
    }
}
