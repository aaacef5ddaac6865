//! Where browsers are sent back to: the one place that a code may go to.

use url::{Host, Url, form_urlencoded};

/// Longest one, in bytes.
const LONGEST: usize = 2048;

/// Schemes that make a browser run or show what the URL says, or that are not for this.
const REFUSED: [&str; 12] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "javascript",
    "mailto",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// A URL that a client may be sent back to, in its normal form: what is compared is what is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedirectUri(Url);

impl RedirectUri {
    /// Reads one.
    ///
    /// # Errors
    /// Codes must not go there: why.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > LONGEST {
            return Err("is too long");
        }
        // Parsers leave some of these out or take them for others, and not all of them alike.
        if text.bytes().any(|byte| !matches!(byte, 0x21..=0x7e) || byte == b'\\') {
            return Err("has characters that a URL may not have");
        }
        let url = Url::parse(text).map_err(|_| "is no absolute URL")?;
        if REFUSED.contains(&url.scheme()) {
            return Err("has a scheme that codes must not be sent to");
        }
        if text.contains('#') {
            return Err("has a fragment");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("has a user");
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err("is not encrypted and leads to another machine");
        }
        Ok(Self(url))
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the URL of a request is this registered one: to the letter, but for the port of programs on the person's own
    /// machine, which get any free one (RFC 8252 section 7.3).
    pub(super) fn admits(&self, asked: &Self) -> bool {
        if self == asked {
            return true;
        }
        self.0.scheme() == "http"
            && is_loopback(&self.0)
            && without_port(&self.0).is_some_and(|own| without_port(&asked.0) == Some(own))
    }

    /// The URL without what may differ from time to time: the port of a program on the person's own machine.
    pub(super) fn registered(&self) -> String {
        let loopback = self.0.scheme() == "http" && is_loopback(&self.0);
        without_port(&self.0).filter(|_| loopback).unwrap_or_else(|| self.0.clone()).into()
    }

    /// The URL with further parameters. Its own stay.
    pub(super) fn with(&self, parameters: &[(&str, &str)]) -> String {
        let added = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let separator = match self.0.query() {
            None => "?",
            Some("") => "",
            Some(_) => "&",
        };
        format!("{}{separator}{added}", self.0)
    }

    /// Whom a person hands a code to, in words for that person.
    pub(super) fn receiver(&self) -> String {
        match self.0.host_str().filter(|_| matches!(self.0.scheme(), "http" | "https")) {
            Some(host) if is_loopback(&self.0) => format!("a program on this computer ({host})"),
            Some(host) => host.to_owned(),
            None => format!("the app that opens links beginning with {}:", self.0.scheme()),
        }
    }
}

/// The same without its port; none if it can't have one.
fn without_port(url: &Url) -> Option<Url> {
    let mut url = url.clone();
    url.set_port(None).ok()?;
    Some(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap_or_else(|problem| panic!("{text} {problem}"))
    }

    #[test]
    fn encrypted_loopback_and_private_urls_are_allowed() {
        for text in [
            "https://client.example/cb?x=1",
            "http://localhost:1234/cb",
            "http://127.0.0.1/",
            "http://[::1]:9/cb",
            "cursor://anysphere.cursor/callback",
            "com.example.app:/oauth",
        ] {
            uri(text);
        }
    }

    #[test]
    fn places_that_codes_must_not_go_to_are_refused() {
        for text in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://x/1",
            "https://client.example/cb#x",
            "https://client.example/cb#",
            "http://client.example/cb",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://localhost@evil.example/",
            "https://user:password@client.example/",
            "https:\\\\evil.example",
            "https://client.example/\u{a}x",
            " https://client.example/",
            "//client.example/cb",
            "/cb",
            "",
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text}");
        }
        assert!(RedirectUri::parse(&format!("https://h.example/{}", "x".repeat(LONGEST))).is_err());
    }

    #[test]
    fn urls_are_compared_in_their_normal_form() {
        assert_eq!(uri("http://localhost:9").as_str(), "http://localhost:9/");
        assert!(uri("https://Client.Example:443/a/../cb").admits(&uri("https://client.example/cb")));
    }

    #[test]
    fn nothing_but_the_same_url_is_admitted() {
        let own = uri("https://client.example/cb?x=1");
        for text in [
            "https://client.example/cb",
            "https://client.example/cb?x=1&y",
            "https://client.example/cb/?x=1",
            "https://client.example/CB?x=1",
            "https://client.example:8443/cb?x=1",
            "https://client.example.evil.example/cb?x=1",
            "https://evil.example/cb?x=1",
            "custom://client.example/cb?x=1",
        ] {
            assert!(!own.admits(&uri(text)), "{text}");
        }
    }

    #[test]
    fn programs_on_this_machine_come_back_at_any_port() {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let own = uri(&format!("http://{host}/cb"));
            assert!(own.admits(&uri(&format!("http://{host}:50123/cb"))), "{host}");
            assert!(!own.admits(&uri(&format!("http://{host}:50123/other"))), "{host}");
            assert!(!own.admits(&uri("https://evil.example:50123/cb")), "{host}");
        }
        assert!(!uri("http://localhost/cb").admits(&uri("http://127.0.0.1/cb")));
        assert!(!uri("https://localhost/cb").admits(&uri("https://localhost:1/cb")));
    }

    #[test]
    fn parameters_are_added_to_those_that_are_there() {
        let with = |text| uri(text).with(&[("code", "a b"), ("state", "x&y=#")]);
        assert_eq!(with("https://h.example/cb"), "https://h.example/cb?code=a+b&state=x%26y%3D%23");
        assert_eq!(with("https://h.example/cb?q=1"), "https://h.example/cb?q=1&code=a+b&state=x%26y%3D%23");
        assert_eq!(with("app:cb"), "app:cb?code=a+b&state=x%26y%3D%23");
    }
}
