//! Origins of web pages, and of the server itself.

use std::fmt;

use super::Host;
use crate::schema::Scheme;

/// The scheme, host and port that a page comes from (RFC 6454): `https://app.example`, `http://localhost:6274`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
}

impl Origin {
    /// Reads an origin as browsers send it: nothing follows the port. None if it is none, `null` among others.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, host) = text.split_once("://")?;
        let scheme = Scheme::parse(scheme)?;
        Some(Self { scheme, host: Host::parse(host)? })
    }

    /// The origin of a URL under which a server is reached, which may have a path, and nothing else.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let fit = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"' | b'\\');
        if !rest.bytes().all(fit) {
            return None;
        }
        let end = rest.find('/').map_or(url.len(), |slash| url.len() - rest.len() + slash);
        Self::parse(url.get(..end)?)
    }

    /// An origin of a host.
    #[must_use]
    pub fn new(scheme: Scheme, host: Host) -> Self {
        Self { scheme, host }
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Its port: the scheme's own if it says none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.host.port().unwrap_or(self.scheme.port())
    }

    /// Whether both are the same, whichever way the port is written.
    #[must_use]
    pub fn is(&self, other: &Origin) -> bool {
        self.scheme == other.scheme && self.host.name() == other.host.name() && self.port() == other.port()
    }
}

impl fmt::Display for Origin {
    /// Without the port if it is the scheme's own.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = Some(self.port()).filter(|port| *port != self.scheme.port());
        write!(formatter, "{}://{}", self.scheme.as_str(), Host::listening(self.host.name(), port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Option<String> {
        Origin::parse(text).map(|origin| origin.to_string())
    }

    #[test]
    fn a_port_of_the_scheme_is_not_shown() {
        assert_eq!(origin("https://App.example:443").as_deref(), Some("https://app.example"));
        assert_eq!(origin("http://app.example:443").as_deref(), Some("http://app.example:443"));
        assert!(Origin::parse("http://a").unwrap().is(&Origin::parse("http://a:80").unwrap()));
        assert!(!Origin::parse("http://a").unwrap().is(&Origin::parse("https://a:80").unwrap()));
    }

    #[test]
    fn a_page_of_nowhere_has_no_origin() {
        for text in
            ["null", "", "*", "file://", "app.example", "https://", "https://a/", "https://u@a", "ftp://a"]
        {
            assert_eq!(origin(text), None, "{text}");
        }
    }

    #[test]
    fn a_url_of_a_server_has_a_path_at_most() {
        let of = |url: &str| Origin::of_url(url).map(|origin| origin.to_string());
        assert_eq!(of("https://mcp.example:8443/x/y").as_deref(), Some("https://mcp.example:8443"));
        assert_eq!(of("HTTP://mcp.example").as_deref(), Some("http://mcp.example"));
        for url in [
            "mcp.example",
            "https:///x",
            "https://a?b",
            "https://a/#b",
            "https://u@a/x",
            "https://a/\n",
            "https://a/ b",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
    }
}
