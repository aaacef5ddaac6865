//! Addresses of identity providers.

use std::net::IpAddr;

use ureq::http::request::Builder;
use ureq::http::{Method, Request, Uri};

/// An address at which nobody else can answer. It may come from a reference, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    uri: Uri,
    reach: Reach,
}

/// How an address is reached so that nobody else can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// With encryption.
    Encrypted,
    /// On this machine.
    Loopback,
}

impl Endpoint {
    /// The endpoint at an address: an https URL, or an http URL of this machine, without a name and password in it.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        // A fragment is for browsers; whoever wrote one means something else.
        if url.contains('#') {
            return None;
        }
        Self::of(url.parse().ok()?)
    }

    /// The same of an address that was taken apart.
    pub(crate) fn of(uri: Uri) -> Option<Self> {
        if uri.authority()?.as_str().contains('@') {
            return None;
        }
        let reach = match uri.scheme_str()? {
            "https" => Reach::Encrypted,
            "http" if is_loopback(uri.host()?) => Reach::Loopback,
            _ => return None,
        };
        Some(Self { uri, reach })
    }

    /// How it is reached.
    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    /// An endpoint that this one names: it may be without encryption only if this one is.
    pub(crate) fn naming(&self, url: &str) -> Option<Self> {
        Self::parse(url).filter(|named| named.reach == Reach::Encrypted || self.reach == Reach::Loopback)
    }

    /// Another path at the same host.
    pub(crate) fn at(&self, path: &str) -> Option<Self> {
        let (scheme, authority) = (self.uri.scheme_str()?, self.uri.authority()?);
        Self::parse(&format!("{scheme}://{authority}{path}"))
    }

    /// The host, in small letters.
    pub(crate) fn host(&self) -> String {
        self.uri.host().unwrap_or_default().to_ascii_lowercase()
    }

    /// The address itself, for whom it is sent to.
    pub(crate) fn url(&self) -> String {
        self.uri.to_string()
    }

    /// The path.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// A request that asks for JSON.
    pub(crate) fn request(&self, method: Method) -> Builder {
        Request::builder().method(method).uri(self.uri.clone()).header("Accept", "application/json")
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Endpoint").field(&self.reach).finish()
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(url: &str) -> Option<Reach> {
        Endpoint::parse(url).map(|endpoint| endpoint.reach())
    }

    #[test]
    fn providers_are_reached_with_encryption_or_on_this_machine() {
        assert_eq!(reach("https://id.example/x?y=z"), Some(Reach::Encrypted));
        for url in ["http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:8/x"] {
            assert_eq!(reach(url), Some(Reach::Loopback), "{url}");
        }
        for url in [
            "http://id.example",
            "http://localhost.example",
            "http://10.0.0.1",
            "http://127.0.0.1@id.example/",
            "https://name:password@id.example/",
            "https://id.example/#x",
            "file:///x",
            "ftp://id.example/x",
            "/x",
            "x",
            "",
        ] {
            assert_eq!(reach(url), None, "{url}");
        }
    }

    #[test]
    fn who_is_encrypted_names_nobody_who_is_not() {
        let encrypted = Endpoint::parse("https://id.example/x").unwrap();
        let local = Endpoint::parse("http://127.0.0.1:1/x").unwrap();
        assert!(encrypted.naming("http://127.0.0.1/").is_none());
        assert!(encrypted.naming("https://other.example/").is_some());
        assert!(local.naming("http://127.0.0.1/").is_some());
        assert!(local.naming("http://id.example/").is_none());
    }

    #[test]
    fn another_path_is_at_the_same_host_and_port() {
        let endpoint = Endpoint::parse("https://ID.example:8443/a/b?c=d").unwrap();
        assert_eq!(endpoint.at("/e").unwrap().url(), "https://ID.example:8443/e");
        assert_eq!((endpoint.host().as_str(), endpoint.path()), ("id.example", "/a/b"));
        assert_eq!(format!("{endpoint:?}"), "Endpoint(Encrypted)");
    }
}
