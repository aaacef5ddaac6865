//! Who may address the server by which name: the defence against DNS rebinding.
//!
//! A web page can make a browser send requests to this machine. What it can't do is choose the `Host` and `Origin`
//! headers freely, so requests under a foreign name are refused.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, StatusCode};

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A refusal: status and text.
pub(in crate::transport) type Refusal = (StatusCode, &'static str);

/// Checks the `Host` and `Origin` headers of requests.
#[derive(Debug)]
pub(in crate::transport) struct Guard {
    hosts: Hosts,
}

#[derive(Debug, PartialEq, Eq)]
enum Hosts {
    /// The server listens on every address, so it can't know its names. An origin must still be the host itself.
    Any,
    /// Lower-case names without port or brackets.
    Named(Vec<String>),
}

impl Guard {
    /// `host` is what the server listens on. Loopback names are always allowed, a name or address that is none only if
    /// it is `host` or among `further`; all of them with any port.
    pub(in crate::transport) fn new(host: &str, further: &[String]) -> Self {
        let listens_everywhere = plain(host).parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
        if listens_everywhere && further.is_empty() {
            return Self { hosts: Hosts::Any };
        }
        let mut names: Vec<String> = LOOPBACK.map(str::to_owned).to_vec();
        names.extend(further.iter().map(|name| plain(name)));
        if !listens_everywhere {
            names.push(plain(host));
        }
        Self { hosts: Hosts::Named(names) }
    }

    /// Checks one request.
    pub(in crate::transport) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let authority =
            authority(uri, headers).ok_or((StatusCode::MISDIRECTED_REQUEST, "Invalid Host header"))?;
        let host = plain(authority.host());
        if !self.allows(&host) {
            tracing::warn!(host, "request for a foreign host refused");
            return Err((StatusCode::MISDIRECTED_REQUEST, "Invalid Host header"));
        }
        let Some(origin) = headers.get(ORIGIN) else {
            return Ok(());
        };
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        if origin.is_some_and(|origin| self.allows_origin(&origin, &authority)) {
            return Ok(());
        }
        tracing::warn!("request of a foreign origin refused");
        Err((StatusCode::FORBIDDEN, "Invalid Origin header"))
    }

    fn allows(&self, host: &str) -> bool {
        match &self.hosts {
            Hosts::Any => true,
            Hosts::Named(names) => names.iter().any(|name| name == host),
        }
    }

    fn allows_origin(&self, origin: &Uri, host: &Authority) -> bool {
        let default_port = match origin.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => return false,
        };
        let Some(authority) = origin.authority() else {
            return false;
        };
        let name = plain(authority.host());
        match &self.hosts {
            Hosts::Named(names) => names.contains(&name),
            Hosts::Any => {
                let both_loopback = is_loopback(&name) && is_loopback(&plain(host.host()));
                let same_port =
                    authority.port_u16().unwrap_or(default_port) == host.port_u16().unwrap_or(default_port);
                both_loopback || (name == plain(host.host()) && same_port)
            }
        }
    }
}

/// Whom the request is for: the `Host` header, or the target itself where it is a whole address.
fn authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    match headers.get(HOST) {
        Some(host) => host.to_str().ok()?.parse().ok(),
        None => uri.authority().cloned(),
    }
}

fn is_loopback(host: &str) -> bool {
    LOOPBACK.contains(&host)
}

/// A host without brackets, in lower case.
fn plain(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: &Guard, host: &str, origin: Option<&str>) -> u16 {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        guard.check(&Uri::from_static("/mcp"), &headers).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn a_loopback_server_answers_to_loopback_names_at_any_port() {
        let guard = Guard::new("localhost", &[]);
        for host in ["localhost:8000", "127.0.0.1", "[::1]:1", "LOCALHOST"] {
            assert_eq!(check(&guard, host, None), 200, "{host}");
        }
        for origin in ["http://localhost:6274", "https://127.0.0.1", "http://[::1]:3000"] {
            assert_eq!(check(&guard, "localhost:8000", Some(origin)), 200, "{origin}");
        }
    }

    #[test]
    fn foreign_hosts_and_origins_are_refused() {
        let guard = Guard::new("127.0.0.1", &[]);
        for host in ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example"]
        {
            assert_eq!(check(&guard, host, None), 421, "{host}");
        }
        for origin in ["http://evil.example", "null", "file://localhost", "http://localhost.evil.example"] {
            assert_eq!(check(&guard, "localhost:8000", Some(origin)), 403, "{origin}");
        }
    }

    #[test]
    fn userinfo_does_not_pass_for_a_host() {
        let guard = Guard::new("localhost", &[]);
        assert_eq!(check(&guard, "localhost@evil.example", None), 421);
        assert_eq!(check(&guard, "localhost", Some("http://localhost@evil.example")), 403);
    }

    #[test]
    fn a_named_server_answers_to_its_name_and_to_those_it_is_given() {
        let guard = Guard::new("Mcp.Example.com", &["public.example".to_owned()]);
        for host in ["mcp.example.com:8000", "public.example", "localhost:8000"] {
            assert_eq!(check(&guard, host, None), 200, "{host}");
        }
        assert_eq!(check(&guard, "other.example", None), 421);
        assert_eq!(check(&guard, "mcp.example.com", Some("https://public.example")), 200);
        assert_eq!(check(&guard, "mcp.example.com", Some("https://other.example")), 403);
    }

    #[test]
    fn a_server_on_every_address_wants_origins_of_its_own() {
        let guard = Guard::new("0.0.0.0", &[]);
        assert_eq!(check(&guard, "any.example:8000", None), 200);
        assert_eq!(check(&guard, "any.example:8000", Some("http://any.example:8000")), 200);
        assert_eq!(check(&guard, "any.example", Some("https://any.example")), 200);
        assert_eq!(check(&guard, "any.example:8000", Some("http://any.example:8001")), 403);
        assert_eq!(check(&guard, "any.example:8000", Some("http://other.example:8000")), 403);
        assert_eq!(check(&guard, "127.0.0.1:8000", Some("http://localhost:6274")), 200);
    }

    #[test]
    fn a_server_on_every_address_with_names_answers_to_these() {
        let guard = Guard::new("::", &["mcp.example".to_owned()]);
        assert_eq!(check(&guard, "mcp.example", None), 200);
        assert_eq!(check(&guard, "other.example", None), 421);
    }

    #[test]
    fn a_request_without_host_is_refused() {
        let guard = Guard::new("0.0.0.0", &[]);
        let refusal = guard.check(&Uri::from_static("/mcp"), &HeaderMap::new());
        assert_eq!(refusal.unwrap_err().0, 421);
    }
}
