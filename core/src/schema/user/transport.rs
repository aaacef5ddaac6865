//! How `serve` is reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How `serve` is reached unless its options say otherwise.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Transport {
    /// The transport itself.
    pub provider: TransportName,
    /// Where HTTP listens, and how it is reached.
    pub http: Option<Http>,
}

/// The transports there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransportName {
    /// HTTP, answers and notifications on one path.
    #[default]
    StreamableHttp,
    /// The older HTTP transport with a separate event stream.
    Sse,
    /// Standard input and output.
    Stdio,
}

/// Where HTTP listens, and how it is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Port.
    pub port: u16,
    /// Host name or address.
    pub host: String,
    /// The scheme by which clients reach the server; `http` if absent.
    pub scheme: Option<Scheme>,
    /// URL under which clients reach the server, in place of scheme, host and port.
    pub base_url: Option<String>,
    /// Whether to believe the headers of a proxy in front.
    pub trust_proxy: bool,
    /// Whether requests stand alone, without sessions.
    pub stateless: bool,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            port: 8000,
            host: "localhost".to_owned(),
            scheme: None,
            base_url: None,
            trust_proxy: false,
            stateless: false,
        }
    }
}

/// The schemes of URLs that clients reach the server by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain.
    Http,
    /// Through a proxy that encrypts.
    Https,
}

impl Http {
    /// The host name in `base_url`, if it is a URL of HTTP with one; without port or brackets.
    #[must_use]
    pub fn public_host(&self) -> Option<&str> {
        let url = self.base_url.as_deref()?;
        let (scheme, rest) = url.split_once("://")?;
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = match authority.strip_prefix('[') {
            Some(address) => address.split_once(']')?.0,
            None => authority.split_once(':').map_or(authority, |(host, _)| host),
        };
        Some(host).filter(|host| !host.is_empty() && !authority.contains('@'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_host_is_that_of_the_base_url() {
        let host = |url: &str| {
            let http = Http { base_url: Some(url.to_owned()), ..Http::default() };
            http.public_host().map(str::to_owned)
        };
        assert_eq!(host("https://shop.example:8443/x").as_deref(), Some("shop.example"));
        assert_eq!(host("http://[::1]:80").as_deref(), Some("::1"));
        for none in ["shop.example", "ftp://shop.example", "https://", "https://user@shop.example"] {
            assert_eq!(host(none), None, "{none}");
        }
    }
}
