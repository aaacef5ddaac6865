//! Requests as they come in, and responses as they go out.

use super::bindings::wasi::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam, Scheme,
};
use super::stream;
use crate::http::{Request, Response};
use crate::limits::REQUEST_BYTES;

/// The status of a response that nobody gave another.
const OK: u16 = 200;

/// A request, complete; its scheme only where it is asked for.
///
/// # Errors
/// The response: it broke off.
pub(super) fn read(incoming: IncomingRequest, with_scheme: bool) -> Result<Request, Response> {
    let target = incoming.path_with_query().unwrap_or_default();
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let mut request = Request {
        method: method(incoming.method()),
        path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
        headers: incoming.headers().entries(),
        ..Request::default()
    };
    // Each question to the host has its price.
    if !request.has_header("host") {
        request.authority = incoming.authority();
    }
    if with_scheme {
        request.scheme = incoming.scheme().map(scheme);
    }
    let announced = request.header("content-length").and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > REQUEST_BYTES as u64) {
        return Ok(request);
    }
    let broken = || Response::text(400, "Request body can't be read");
    let body = incoming.consume().map_err(|()| broken())?;
    request.body = match stream::read(&body, REQUEST_BYTES, announced, None) {
        Ok(bytes) => Some(bytes),
        Err(stream::Problem::TooLarge) => None,
        Err(_) => return Err(broken()),
    };
    Ok(request)
}

/// Sends a response. A client that left is nobody's concern.
pub(super) fn write(response: &Response, out: ResponseOutparam) {
    let outgoing = OutgoingResponse::new(fields(response));
    if response.status != OK {
        let _ = outgoing.set_status_code(response.status);
    }
    let Ok(body) = outgoing.body() else { return };
    ResponseOutparam::set(out, Ok(outgoing));
    if stream::write(&body, &response.body).is_ok() {
        let _ = OutgoingBody::finish(body, None);
    }
}

fn fields(response: &Response) -> Fields {
    let header = |(name, value): &(String, String)| (name.clone(), value.clone().into_bytes());
    let mut all: Vec<_> = response.headers.iter().map(header).collect();
    all.push(("content-length".to_owned(), response.body.len().to_string().into_bytes()));
    Fields::from_list(&all).unwrap_or_else(|_| {
        let fields = Fields::new();
        for (name, value) in &all {
            // A header that the host does not let through is one the client can do without.
            let _ = fields.append(name, value);
        }
        fields
    })
}

fn method(method: Method) -> String {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(other) => return other,
    }
    .to_owned()
}

fn scheme(scheme: Scheme) -> String {
    match scheme {
        Scheme::Http => "http".to_owned(),
        Scheme::Https => "https".to_owned(),
        Scheme::Other(other) => other,
    }
}
