//! Who may address the server by which name: the defence against DNS rebinding.
//!
//! A web page can make a browser send requests to this machine. What it can't do is choose the `Host` and `Origin`
//! headers freely, so requests under a foreign name are refused.

use std::net::IpAddr;

use axum::http::header::{HOST, HeaderMap, ORIGIN};
use axum::http::{HeaderValue, Request, StatusCode};
use mxcp_core::web::{Host, Origin};

use super::HttpOptions;
use super::public_url::{PublicUrl, Reached};

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What stands for all hosts or origins in a list.
const ALL: &str = "*";

/// A refusal: status and text.
pub(in crate::transport) type Refusal = (StatusCode, &'static str);

const FOREIGN_HOST: Refusal = (StatusCode::MISDIRECTED_REQUEST, "Invalid Host header");
const FOREIGN_ORIGIN: Refusal = (StatusCode::FORBIDDEN, "Invalid Origin header");

/// Checks the `Host` and `Origin` headers of requests.
#[derive(Clone, Debug)]
pub(in crate::transport) struct Guard {
    hosts: Hosts,
    /// Whether hosts are listed, so that trusted proxies are held to the list as well.
    listed: bool,
    every_origin: bool,
    /// Origins that are listed, and that of the configured URL.
    origins: Vec<Origin>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    /// The server listens on every address, so it can't know its names; or all are allowed.
    Any,
    /// These, at any port unless they say one.
    Named {
        names: Vec<Host>,
        /// Whether an address is allowed whichever it is: it is no name, so nobody can have made it point here.
        addresses: bool,
    },
}

impl Guard {
    /// Loopback names are always allowed, with any port, and so is the host of the URL by which clients reach the server.
    pub(in crate::transport) fn new(options: &HttpOptions, public: &PublicUrl) -> Self {
        let own = Host::listening(&options.host, None);
        let everywhere = own.address().is_some_and(|address: IpAddr| address.is_unspecified());
        let configured = options.base_url.as_ref().and_then(|_| Origin::of_url(public.base()));
        let listed = !options.allowed_hosts.is_empty();
        let all = options.allowed_hosts.iter().any(|host| host == ALL);
        let hosts = if all || (everywhere && !listed && configured.is_none()) {
            Hosts::Any
        } else {
            let mut names: Vec<Host> = LOOPBACK.map(|name| Host::listening(name, None)).to_vec();
            // What is no host has been reported, and is none.
            names.extend(options.allowed_hosts.iter().filter_map(|host| Host::parse(host)));
            names.extend(configured.iter().map(|origin| origin.host().clone().without_port()));
            if !everywhere {
                names.push(own);
            }
            Hosts::Named { names, addresses: everywhere }
        };
        let mut origins: Vec<Origin> =
            options.allowed_origins.iter().filter_map(|origin| Origin::parse(origin)).collect();
        origins.extend(configured);
        let every_origin = options.allowed_origins.iter().any(|origin| origin == ALL);
        Self { hosts, listed, every_origin, origins }
    }

    /// Checks one request, and gives its origin if a page sends it.
    ///
    /// # Errors
    /// It calls the server by a foreign name, or comes from a foreign page.
    pub(in crate::transport) fn check<B>(
        &self,
        request: &Request<B>,
        reached: &Reached,
    ) -> Result<Option<HeaderValue>, Refusal> {
        let host = self.check_host(request, reached)?;
        let mut origins = request.headers().get_all(ORIGIN).iter();
        let Some(written) = origins.next() else { return Ok(None) };
        let origin = written.to_str().ok().filter(|_| origins.next().is_none()).and_then(Origin::parse);
        if origin.is_some_and(|origin| self.allows_origin(&origin, &host)) {
            return Ok(Some(written.clone()));
        }
        tracing::warn!("request of a foreign origin refused; `allowed_origins` lists those that are none");
        Err(FOREIGN_ORIGIN)
    }

    /// Checks by which name a request calls the server, and gives it.
    ///
    /// # Errors
    /// It is a foreign name, or none.
    pub(in crate::transport) fn check_host<B>(
        &self,
        request: &Request<B>,
        reached: &Reached,
    ) -> Result<Host, Refusal> {
        let host = written_host(request)?;
        let called = reached.forwarded_host.as_ref().filter(|_| self.listed);
        for name in [Some(&host), called].into_iter().flatten() {
            if !self.allows(name) {
                tracing::warn!(host = %name, "request for a foreign host refused; `allowed_hosts` lists those that are none");
                return Err(FOREIGN_HOST);
            }
        }
        Ok(reached.forwarded_host.clone().unwrap_or(host))
    }

    fn allows(&self, host: &Host) -> bool {
        match &self.hosts {
            Hosts::Any => true,
            Hosts::Named { names, addresses } => {
                (*addresses && host.address().is_some())
                    || names.iter().any(|name| {
                        name.name() == host.name() && name.port().is_none_or(|port| has_port(host, port))
                    })
            }
        }
    }

    /// An origin is allowed if it is listed, is that of the server by whichever name it was called, or if both are on this
    /// machine.
    fn allows_origin(&self, origin: &Origin, host: &Host) -> bool {
        let same = origin.host().name() == host.name()
            && origin.port() == host.port().unwrap_or(origin.scheme().port());
        self.every_origin
            || same
            || (origin.host().is_loopback() && host.is_loopback())
            || self.origins.iter().any(|listed| listed.is(origin))
    }
}

/// Whether a host has a port. Without any it has those that need not be written.
fn has_port(host: &Host, port: u16) -> bool {
    match host.port() {
        Some(own) => own == port,
        None => port == 80 || port == 443,
    }
}

/// Whom the request is for. Where it says so twice, which one counts would be a matter of opinion.
fn written_host<B>(request: &Request<B>) -> Result<Host, Refusal> {
    let named = only(request.headers())?;
    let asked = request.uri().authority().map(|authority| Host::parse(authority.as_str()));
    match (named, asked) {
        (Some(host), None) => Ok(host),
        (None, Some(Some(host))) => Ok(host),
        (Some(host), Some(Some(asked))) if host == asked => Ok(host),
        _ => Err(FOREIGN_HOST),
    }
}

fn only(headers: &HeaderMap) -> Result<Option<Host>, Refusal> {
    let mut values = headers.get_all(HOST).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err((StatusCode::BAD_REQUEST, "Invalid Host header"));
    }
    let host = value.to_str().ok().and_then(Host::parse);
    host.map(Some).ok_or(FOREIGN_HOST)
}

#[cfg(test)]
mod tests;
