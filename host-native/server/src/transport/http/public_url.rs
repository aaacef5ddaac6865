//! By which URL clients reach the server: everything that it says of itself begins with it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::http::Request;
use axum::http::header::HOST;
use mxcp_core::schema::Scheme;
use mxcp_core::web::{Host, Origin};

use super::HttpOptions;
use super::forwarded::Proxies;

/// The URL by which clients reach the server: the configured one, what a trusted proxy says, or what it listens on. What
/// clients themselves write, the `Host` header for one, does not count.
#[derive(Clone, Debug)]
pub(in crate::transport) struct PublicUrl {
    base: Arc<str>,
    /// Whether it is configured, so that nothing changes it.
    fixed: bool,
    /// The scheme of what it listens on.
    scheme: Scheme,
    proxies: Arc<Proxies>,
}

/// The other end of a connection, as part of the extensions of a request.
#[derive(Clone, Copy, Debug)]
pub(in crate::transport) struct Peer(pub(in crate::transport) IpAddr);

/// How a request came here.
#[derive(Clone, Debug)]
pub(in crate::transport) struct Reached {
    /// The URL by which its client reaches the server, without a slash at its end.
    pub(in crate::transport) base: Arc<str>,
    /// Where its client is.
    pub(in crate::transport) client: IpAddr,
    /// The host that the client asked for, where that is a trusted proxy's and not this server.
    pub(in crate::transport) forwarded_host: Option<Host>,
}

impl PublicUrl {
    /// The URL of a server that listens on a port.
    pub(in crate::transport) fn new(options: &HttpOptions, port: u16) -> Self {
        let own = if options.tls.is_some() { Scheme::Https } else { Scheme::Http };
        let scheme = options.scheme.unwrap_or(own);
        let base = match &options.base_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => Origin::new(scheme, Host::listening(&options.host, Some(port))).to_string(),
        };
        Self {
            base: base.into(),
            fixed: options.base_url.is_some(),
            scheme,
            proxies: Arc::new(Proxies::new(&options.trust_proxy)),
        }
    }

    /// The URL where no proxy says otherwise, without a slash at its end.
    pub(in crate::transport) fn base(&self) -> &str {
        &self.base
    }

    /// How a request came here.
    pub(in crate::transport) fn reached<B>(&self, request: &Request<B>) -> Reached {
        let Peer(peer) = request.extensions().get().copied().unwrap_or(Peer(Ipv4Addr::UNSPECIFIED.into()));
        let headers = request.headers();
        let Some(said) = self.proxies.say(peer, headers) else {
            return Reached { base: Arc::clone(&self.base), client: peer, forwarded_host: None };
        };
        // A proxy that says the scheme alone passes the host on as its client wrote it.
        let passed_on = || Host::parse(headers.get(HOST)?.to_str().ok()?);
        let host = said.host.clone().or_else(|| said.scheme.and_then(|_| passed_on()));
        let base = match host {
            Some(host) if !self.fixed => {
                Origin::new(said.scheme.unwrap_or(self.scheme), host).to_string().into()
            }
            _ => Arc::clone(&self.base),
        };
        Reached { base, client: said.client, forwarded_host: said.host }
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::schema::TrustProxy;

    use super::*;

    fn options(host: &str) -> HttpOptions {
        HttpOptions::new(host, 0)
    }

    fn base(options: &HttpOptions, headers: &[(&str, &str)]) -> String {
        let mut request = Request::builder().extension(Peer(Ipv4Addr::LOCALHOST.into()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        PublicUrl::new(options, 8000).reached(&request.body(()).unwrap()).base.to_string()
    }

    const FORWARDED: [(&str, &str); 3] =
        [("host", "upstream:1"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "mcp.example")];

    #[test]
    fn it_is_what_the_server_listens_on() {
        assert_eq!(base(&options("localhost"), &[]), "http://localhost:8000");
        assert_eq!(base(&options("::1"), &[]), "http://[::1]:8000");
        assert_eq!(PublicUrl::new(&options("a.example"), 80).base(), "http://a.example");
        let mut behind = options("a.example");
        behind.scheme = Some(Scheme::Https);
        assert_eq!(PublicUrl::new(&behind, 443).base(), "https://a.example");
        assert_eq!(PublicUrl::new(&behind, 80).base(), "https://a.example:80");
    }

    #[test]
    fn what_is_configured_wins_over_everybody() {
        let mut fixed = options("localhost");
        fixed.base_url = Some("https://fixed.example/x/".to_owned());
        fixed.trust_proxy = TrustProxy::Nearest(true);
        assert_eq!(base(&fixed, &FORWARDED), "https://fixed.example/x");
    }

    #[test]
    fn the_host_header_of_a_client_does_not_count() {
        assert_eq!(base(&options("localhost"), &[("host", "evil.example")]), "http://localhost:8000");
        assert_eq!(base(&options("localhost"), &FORWARDED), "http://localhost:8000");
    }

    #[test]
    fn a_trusted_proxy_says_scheme_and_host() {
        let mut behind = options("localhost");
        behind.trust_proxy = TrustProxy::Nearest(true);
        assert_eq!(base(&behind, &FORWARDED), "https://mcp.example");
        assert_eq!(base(&behind, &[]), "http://localhost:8000");
        assert_eq!(base(&behind, &[("host", "mcp.example")]), "http://localhost:8000");
        assert_eq!(
            base(&behind, &[("host", "mcp.example"), ("x-forwarded-proto", "https")]),
            "https://mcp.example"
        );
        assert_eq!(base(&behind, &[("x-forwarded-host", "mcp.example:81")]), "http://mcp.example:81");
        behind.trust_proxy = TrustProxy::Addresses(vec!["10.0.0.1".to_owned()]);
        assert_eq!(base(&behind, &FORWARDED), "http://localhost:8000");
    }
}
