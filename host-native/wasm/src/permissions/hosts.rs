//! The hosts that a component may send HTTP requests to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses at which clouds tell machines their credentials, besides those of the link.
const METADATA: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// The list of a definition.
#[derive(Debug)]
pub(super) struct Hosts(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    host: Host,
    /// None: that of the scheme.
    port: Option<u16>,
}

#[derive(Debug, PartialEq)]
enum Host {
    Name(String),
    /// All names below a domain.
    Below(String),
    Address(IpAddr),
}

/// Which addresses a host that is listed may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Any: the definition writes the address itself, or `localhost`.
    Anywhere,
    /// None of this machine and its link: a name may come to mean anything.
    Elsewhere,
}

impl Hosts {
    /// Reads a list.
    ///
    /// # Errors
    /// An entry is no host.
    pub(super) fn parse(entries: &[String]) -> Result<Self, String> {
        entries.iter().map(|entry| Entry::parse(entry)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request may go to a host, which URIs write with brackets around addresses of IPv6. `usual` is the port of
    /// the request's scheme.
    pub(super) fn reach(&self, host: &str, port: u16, usual: u16) -> Option<Reach> {
        let host = Host::of_request(host);
        let entry = self.0.iter().find(|entry| entry.allows(&host, port, usual))?;
        Some(match &entry.host {
            Host::Address(_) => Reach::Anywhere,
            Host::Name(name) if name == "localhost" => Reach::Anywhere,
            Host::Name(_) | Host::Below(_) => Reach::Elsewhere,
        })
    }
}

impl Entry {
    fn parse(entry: &str) -> Result<Self, String> {
        let problem = || {
            format!(
                "`{entry}` is no host that can be granted: write `api.example.com`, with `:8443` if need be"
            )
        };
        if let Ok(address) = entry.parse::<IpAddr>() {
            return Ok(Self { host: Host::Address(address), port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| problem())?))
            }
            _ => (entry, None),
        };
        let below = host.strip_prefix("*.");
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let host = match (below, Host::of_request(host)) {
            (None, Host::Address(address)) => Host::Address(address),
            (None, Host::Name(name)) if !name.is_empty() && name.bytes().all(fits) => Host::Name(name),
            (Some(domain), _) if !domain.is_empty() && domain.bytes().all(fits) => {
                Host::Below(domain.to_ascii_lowercase())
            }
            _ => return Err(problem()),
        };
        Ok(Self { host, port })
    }

    fn allows(&self, host: &Host, port: u16, usual: u16) -> bool {
        let named = match (&self.host, host) {
            (Host::Below(domain), Host::Name(name)) => {
                name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (own, asked) => own == asked,
        };
        named && port == self.port.unwrap_or(usual)
    }
}

impl Host {
    fn of_request(host: &str) -> Self {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match bare.parse() {
            Ok(address) => Host::Address(address),
            // `example.com.` is the same host.
            Err(_) => Host::Name(bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase()),
        }
    }
}

/// Whether an address is that of this machine, of its link, of everybody, or of a cloud's credentials.
pub(super) fn is_near(address: IpAddr) -> bool {
    let address = address.to_canonical();
    METADATA.contains(&address)
        || match address {
            IpAddr::V4(v4) => {
                v4.is_loopback()
                    || v4.is_link_local()
                    || v4.is_multicast()
                    || v4.octets()[0] == 0
                    || v4.is_broadcast()
            }
            IpAddr::V6(v6) => {
                v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local()
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(entries: &[&str]) -> Hosts {
        Hosts::parse(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn only_what_is_listed_is_reached() {
        let list = hosts(&["api.example.com", "*.internal.example", "other.example:8443"]);
        for (host, port) in [
            ("api.example.com", 443),
            ("API.Example.com.", 443),
            ("a.internal.example", 443),
            ("other.example", 8443),
        ] {
            assert_eq!(list.reach(host, port, 443), Some(Reach::Elsewhere), "{host}:{port}");
        }
        for (host, port) in [
            ("api.example.com", 8443),
            ("evil-api.example.com", 443),
            ("api.example.com.evil.example", 443),
            ("internal.example", 443),
            (".internal.example", 443),
            ("evilinternal.example", 443),
            ("other.example", 443),
            ("93.184.215.14", 443),
            ("[::1]", 443),
        ] {
            assert_eq!(list.reach(host, port, 443), None, "{host}:{port}");
        }
        assert_eq!(hosts(&[]).reach("api.example.com", 443, 443), None);
    }

    #[test]
    fn addresses_are_reached_only_if_they_are_written_as_such() {
        let list = hosts(&["127.0.0.1:8080", "[::1]:8080", "fe80::1", "localhost"]);
        assert_eq!(list.reach("127.0.0.1", 8080, 80), Some(Reach::Anywhere));
        assert_eq!(list.reach("[::1]", 8080, 80), Some(Reach::Anywhere));
        assert_eq!(list.reach("[fe80::1]", 80, 80), Some(Reach::Anywhere));
        assert_eq!(list.reach("localhost", 80, 80), Some(Reach::Anywhere));
        // Other ways to write the same address are names that nobody listed.
        for host in ["127.1", "2130706433", "0x7f.0.0.1", "127.0.0.2"] {
            assert_eq!(list.reach(host, 8080, 80), None, "{host}");
        }
        assert_eq!(hosts(&["*.example"]).reach("127.0.0.1", 80, 80), None);
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for entry in
            ["", "*", "*.", "https://example.com", "example.com/path", "a b", "example.com:port", "user@host"]
        {
            assert!(Hosts::parse(&[entry.to_owned()]).is_err(), "{entry}");
        }
    }

    #[test]
    fn this_machine_its_link_and_credentials_of_clouds_are_near() {
        for near in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "169.254.169.254",
            "100.100.100.200",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "224.0.0.1",
        ] {
            assert!(is_near(near.parse().unwrap()), "{near}");
        }
        for far in ["93.184.215.14", "10.0.0.1", "192.168.1.1", "2606:2800::1"] {
            assert!(!is_near(far.parse().unwrap()), "{far}");
        }
    }
}
