//! Hosts, as the `Host` header and settings name them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Longest name of a host in DNS.
const LONGEST: usize = 253;

/// A host, with a port or without: `mcp.example`, `mcp.example:8443`, `[::1]:8000`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// Reads a host; none if it is none. Users, paths and whatever else may stand in a URL make it none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, rest) = rest.split_once(']')?;
                let address: Ipv6Addr = address.parse().ok()?;
                let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) };
                (address.to_string(), port)
            }
            None => match text.split_once(':') {
                Some((name, port)) => (name.to_ascii_lowercase(), Some(port)),
                None => (text.to_ascii_lowercase(), None),
            },
        };
        let fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
        if name.is_empty() || name.len() > LONGEST || !name.bytes().all(fit) {
            return None;
        }
        let port = match port {
            None => None,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            Some(_) => return None,
        };
        Some(Self { name, port })
    }

    /// A host by what a server listens on: a name or an address, with brackets or without.
    #[must_use]
    pub fn listening(name: &str, port: Option<u16>) -> Self {
        let name = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        Self { name, port }
    }

    /// Its name or address, in lower case and without brackets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its port, if it says one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The same host without a port.
    #[must_use]
    pub fn without_port(self) -> Self {
        Self { port: None, ..self }
    }

    /// The address that it is, if it is no name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.name.parse().ok()
    }

    /// Whether it is a usual word for the machine itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        ["localhost", "127.0.0.1", "::1"].contains(&self.name.as_str())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(formatter, "[{}]", self.name)?;
        } else {
            formatter.write_str(&self.name)?;
        }
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name_or_address_and_perhaps_a_port() {
        for (text, shown) in [
            ("MCP.Example", "mcp.example"),
            ("mcp.example:8443", "mcp.example:8443"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("[::1]", "[::1]"),
            ("[0:0::1]:80", "[::1]:80"),
            ("a_b", "a_b"),
        ] {
            assert_eq!(Host::parse(text).map(|host| host.to_string()).as_deref(), Some(shown));
        }
        assert!(Host::parse("[::1]:8000").unwrap().is_loopback());
        assert!(!Host::parse("localhost.evil.example").unwrap().is_loopback());
    }

    #[test]
    fn what_is_more_or_less_than_a_host_is_none() {
        for text in [
            "", ":80", "a:", "a:x", "a:99999", "a:+1", "user@a", "a/b", "a b", "a,b", "::1", "[::1", "[a]",
            "[::1]80", "http://a", "a?b", "ä", "a\"b",
        ] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
        assert_eq!(Host::parse(&"a".repeat(254)), None);
    }
}
