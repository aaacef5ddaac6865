//! What trusted proxies say of a request: by which name its client called the server, and from where.
//!
//! Everybody can send these headers. A value counts only if a proxy that is trusted has written it: each proxy sets a header
//! or adds to its right end, so of a list it is the value as far from the right as there are trusted proxies.

use std::net::IpAddr;

use axum::http::header::{FORWARDED, HeaderMap, HeaderName};
use mxcp_core::schema::{Scheme, TrustProxy};
use mxcp_core::web::{Host, Network};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Whose word is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proxies {
    /// Nobody's.
    Nobody,
    /// That of whoever connects.
    Nearest,
    /// That of whoever connects from there, and of those before them who do.
    Within(Vec<Network>),
}

/// What is said of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// Where its client is.
    pub(super) client: IpAddr,
    /// The scheme of the URL that the client asked for.
    pub(super) scheme: Option<Scheme>,
    /// The host of it.
    pub(super) host: Option<Host>,
}

impl Proxies {
    pub(super) fn new(written: &TrustProxy) -> Self {
        match written {
            TrustProxy::Nearest(false) => Self::Nobody,
            TrustProxy::Nearest(true) => Self::Nearest,
            // What is no network has been reported, and is nobody's.
            TrustProxy::Addresses(texts) => {
                Self::Within(texts.iter().filter_map(|text| Network::parse(text)).collect())
            }
        }
    }

    /// What trusted proxies say of a request that `peer` sent; none if `peer` is not trusted.
    ///
    /// A proxy that sets the headers of one kind lets those of the other through. Where both kinds are there, only what both
    /// say counts.
    pub(super) fn say(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Forwarded> {
        if !self.trust(peer) {
            return None;
        }
        let usual = [FOR, PROTO, HOST].iter().any(|name| headers.contains_key(name));
        match (usual, headers.contains_key(FORWARDED)) {
            (false, false) => Some(Forwarded { client: peer, scheme: None, host: None }),
            (true, false) => Some(self.usual(peer, headers)),
            (false, true) => Some(self.standard(peer, headers)),
            (true, true) => {
                let (usual, standard) = (self.usual(peer, headers), self.standard(peer, headers));
                let same = |agree: bool| agree.then_some(());
                Some(Forwarded {
                    client: if usual.client == standard.client { usual.client } else { peer },
                    scheme: same(usual.scheme == standard.scheme).and(usual.scheme),
                    host: same(usual.host == standard.host).and(usual.host),
                })
            }
        }
    }

    fn trust(&self, address: IpAddr) -> bool {
        match self {
            Self::Nobody => false,
            Self::Nearest => true,
            Self::Within(networks) => networks.iter().any(|network| network.contains(address)),
        }
    }

    /// Where the client is, and how many proxies there are from it to here, by what each of them says of the one before.
    fn walk<'h>(&self, peer: IpAddr, addresses: impl DoubleEndedIterator<Item = &'h str>) -> (IpAddr, usize) {
        let (mut client, mut proxies) = (peer, 0);
        for text in addresses.rev() {
            let further = match self {
                Self::Nobody => false,
                Self::Nearest => proxies == 0,
                Self::Within(_) => self.trust(client),
            };
            let Some(address) = further.then(|| address(text)).flatten() else { break };
            client = address;
            proxies += 1;
        }
        (client, proxies.max(1))
    }

    /// By the headers that most proxies send.
    fn usual(&self, peer: IpAddr, headers: &HeaderMap) -> Forwarded {
        let (client, proxies) = self.walk(peer, values(headers, &FOR).into_iter());
        Forwarded {
            client,
            scheme: written_by(&values(headers, &PROTO), proxies).and_then(|text| Scheme::parse(text)),
            host: written_by(&values(headers, &HOST), proxies).and_then(|text| Host::parse(text)),
        }
    }

    /// By the header of RFC 7239.
    fn standard(&self, peer: IpAddr, headers: &HeaderMap) -> Forwarded {
        let hops: Vec<Vec<(&str, &str)>> = values(headers, &FORWARDED).into_iter().map(pairs).collect();
        let of = |hop: &[(&'_ str, &'_ str)], name: &str| -> Option<String> {
            let (_, value) = hop.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            Some((*value).to_owned())
        };
        let addresses: Vec<String> = hops.iter().map(|hop| of(hop, "for").unwrap_or_default()).collect();
        let (client, proxies) = self.walk(peer, addresses.iter().map(String::as_str));
        let hop = written_by(&hops, proxies);
        let says = |name: &str| hop.and_then(|hop| of(hop, name));
        Forwarded {
            client,
            scheme: says("proto").and_then(|text| Scheme::parse(&text)),
            host: says("host").and_then(|text| Host::parse(&text)),
        }
    }
}

/// The items of a header that is a list, from left to right. An item that is no text is one that nobody understands.
fn values<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<&'h str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim).collect()
}

/// The item that the outermost of so many proxies wrote; the first one if some of them set the header anew.
fn written_by<T>(items: &[T], proxies: usize) -> Option<&T> {
    items.get(items.len().saturating_sub(proxies))
}

fn pairs(hop: &str) -> Vec<(&str, &str)> {
    let pairs = hop.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))).collect()
}

/// An address as proxies write it: alone, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let found = text.parse().ok().or_else(|| Host::parse(text)?.address());
    found.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn within(networks: &[&str]) -> Proxies {
        Proxies::new(&TrustProxy::Addresses(networks.iter().map(ToString::to_string).collect()))
    }

    /// What is said of a request from `peer`: client, scheme and host.
    fn said(proxies: &Proxies, peer: &str, headers: &[(&'static str, &str)]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let Forwarded { client, scheme, host } = proxies.say(peer.parse().unwrap(), &map)?;
        let scheme = scheme.map_or("-", Scheme::as_str);
        let host = host.map_or("-".to_owned(), |host| host.to_string());
        Some(format!("{client} {scheme} {host}"))
    }

    #[test]
    fn nobody_is_believed_unless_told() {
        let headers = [("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")];
        assert_eq!(said(&Proxies::new(&TrustProxy::Nearest(false)), PROXY, &headers), None);
        assert_eq!(said(&within(&["10.0.0.2"]), PROXY, &headers), None);
        assert_eq!(said(&within(&[]), PROXY, &headers), None);
    }

    #[test]
    fn the_nearest_proxy_says_what_it_wrote_and_not_what_its_client_wrote() {
        let headers = [
            ("x-forwarded-for", "6.6.6.6, 1.2.3.4"),
            ("x-forwarded-proto", "http,https"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-host", "mcp.example:8443"),
        ];
        let expected = "1.2.3.4 https mcp.example:8443";
        assert_eq!(said(&Proxies::Nearest, PROXY, &headers).as_deref(), Some(expected));
        assert_eq!(said(&Proxies::Nearest, PROXY, &[]).as_deref(), Some("10.0.0.1 - -"));
    }

    #[test]
    fn a_chain_is_followed_as_far_as_it_is_trusted() {
        let proxies = within(&["10.0.0.0/8"]);
        let headers = [
            ("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.9.9.9"),
            ("x-forwarded-proto", "gopher, https, http"),
            ("x-forwarded-host", "mcp.example"),
        ];
        assert_eq!(said(&proxies, PROXY, &headers).as_deref(), Some("1.2.3.4 https mcp.example"));
        let unreadable = [("x-forwarded-for", "1.2.3.4, unknown")];
        assert_eq!(said(&proxies, PROXY, &unreadable).as_deref(), Some("10.0.0.1 - -"));
    }

    #[test]
    fn what_is_no_scheme_or_host_is_not_said() {
        for (proto, host) in [("javascript", "a/b"), ("", ""), ("https:", "u@evil.example"), ("ws", "a b")] {
            let headers = [("x-forwarded-proto", proto), ("x-forwarded-host", host)];
            assert_eq!(
                said(&Proxies::Nearest, PROXY, &headers).as_deref(),
                Some("10.0.0.1 - -"),
                "{proto} {host}"
            );
        }
    }

    #[test]
    fn the_standard_header_is_understood_as_well() {
        let headers = [(
            "forwarded",
            "for=6.6.6.6;host=evil.example, For=\"[2001:db8::1]:4711\";proto=https;host=\"mcp.example\"",
        )];
        let expected = "2001:db8::1 https mcp.example";
        assert_eq!(said(&Proxies::Nearest, PROXY, &headers).as_deref(), Some(expected));
    }

    #[test]
    fn a_header_of_the_other_kind_can_not_add_anything() {
        let smuggled = [
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=6.6.6.6;proto=https;host=evil.example"),
        ];
        assert_eq!(said(&Proxies::Nearest, PROXY, &smuggled).as_deref(), Some("10.0.0.1 https -"));
        let other_way_round =
            [("x-forwarded-host", "evil.example"), ("forwarded", "for=1.2.3.4;proto=https")];
        assert_eq!(said(&Proxies::Nearest, PROXY, &other_way_round).as_deref(), Some("10.0.0.1 - -"));
    }
}
