//! Requests that leave the edge.

use super::bindings::wasi::clocks::monotonic_clock;
use super::bindings::wasi::http::outgoing_handler;
use super::bindings::wasi::http::types::{
    Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use super::bindings::wasi::io::poll::{self, Pollable};
use super::stream;
use crate::host::{Fetch, FetchError, Fetched};
use crate::url::Url;

/// Sends a request and waits for the whole answer.
pub(super) fn fetch(request: &Fetch) -> Result<Fetched, FetchError> {
    let url = Url::parse(&request.url).ok_or(FetchError::Url)?;
    let nanoseconds = u64::try_from(request.timeout.as_nanos()).unwrap_or(u64::MAX);
    let deadline = monotonic_clock::subscribe_duration(nanoseconds);
    let options = RequestOptions::new();
    // A host that knows no such timeout leaves it to the deadline.
    let _ = options.set_connect_timeout(Some(nanoseconds));
    let _ = options.set_first_byte_timeout(Some(nanoseconds));
    let outgoing = outgoing(request, &url).ok_or(FetchError::Url)?;
    let body = outgoing.body().map_err(|()| FetchError::Unreachable)?;
    let future = outgoing_handler::handle(outgoing, Some(options)).map_err(|_| FetchError::Unreachable)?;
    stream::write(&body, &request.body).map_err(|_| FetchError::Unreachable)?;
    OutgoingBody::finish(body, None).map_err(|_| FetchError::Unreachable)?;
    let answered = future.subscribe();
    if poll::poll(&[&answered, &deadline]).first() != Some(&0) {
        return Err(FetchError::TimedOut);
    }
    match future.get() {
        Some(Ok(Ok(response))) => read(&response, request.most, &deadline),
        _ => Err(FetchError::Unreachable),
    }
}

fn outgoing(request: &Fetch, url: &Url<'_>) -> Option<OutgoingRequest> {
    let fields = Fields::new();
    for (name, value) in &request.headers {
        fields.append(name, value.as_bytes()).ok()?;
    }
    if !request.body.is_empty() {
        // Not every host lets a guest say so, and those that don't say it themselves.
        let _ = fields.append("content-length", request.body.len().to_string().as_bytes());
    }
    let outgoing = OutgoingRequest::new(fields);
    let method = if request.method == "POST" { Method::Post } else { Method::Get };
    outgoing.set_method(&method).ok()?;
    outgoing.set_scheme(Some(&if url.secure { Scheme::Https } else { Scheme::Http })).ok()?;
    outgoing.set_authority(Some(url.authority)).ok()?;
    outgoing.set_path_with_query(Some(url.target)).ok()?;
    Some(outgoing)
}

fn read(response: &IncomingResponse, most: usize, deadline: &Pollable) -> Result<Fetched, FetchError> {
    let headers = response.headers().entries();
    let text = |(name, value): (String, Vec<u8>)| (name, String::from_utf8_lossy(&value).into_owned());
    let body = response.consume().map_err(|()| FetchError::Unreachable)?;
    let body = stream::read(&body, most, None, Some(deadline)).map_err(|problem| match problem {
        stream::Problem::TooLarge => FetchError::TooLarge,
        stream::Problem::TimedOut => FetchError::TimedOut,
        stream::Problem::Broken => FetchError::Unreachable,
    })?;
    Ok(Fetched { status: response.status(), headers: headers.into_iter().map(text).collect(), body })
}
