//! How `serve` is reached.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

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
    /// Whose word to take for what clients asked for and where they are: `true` for the one proxy in front, whoever it is, or
    /// a list of the addresses and networks of proxies; nobody's if absent. A proxy has to set, or add to,
    /// `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`, or else `Forwarded`.
    pub trust_proxy: TrustProxy,
    /// Whether requests stand alone, without sessions.
    pub stateless: bool,
    /// Further hosts by which requests may call the server, at any port unless one is written; `*` for all. The names of this
    /// machine, `host` and the host of `base_url` need not be listed. A server on all addresses answers to every name if
    /// neither this nor `base_url` is set.
    pub allowed_hosts: Option<Vec<String>>,
    /// Origins of web pages that may use the server, as in `https://app.example`; `*` for all. The server's own need not be
    /// listed.
    pub allowed_origins: Option<Vec<String>>,
    /// Most connections at once; 8192 if absent.
    pub max_connections: Option<u32>,
    /// Certificate and key by which the server encrypts connections itself.
    pub tls: Option<Tls>,
    /// Port on which `/healthz`, `/readyz` and `/metrics` are answered, without encryption and to everybody who reaches it;
    /// not answered if absent.
    pub metrics_port: Option<u16>,
    /// Address or name of this machine on which that port is; the host of the transport if absent.
    pub metrics_host: Option<String>,
}

/// Whose word is taken for what clients asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TrustProxy {
    /// That of the one proxy in front, or nobody's.
    Nearest(bool),
    /// That of proxies with these addresses, or in these networks.
    Addresses(Vec<String>),
}

/// Files for connections that the server encrypts itself. They are read again at a reload.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate in PEM, with those that vouch for it; a relative path starts at the project root.
    pub cert: String,
    /// Its private key in PEM.
    pub key: String,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            port: 8000,
            host: "localhost".to_owned(),
            scheme: None,
            base_url: None,
            trust_proxy: TrustProxy::Nearest(false),
            stateless: false,
            allowed_hosts: None,
            allowed_origins: None,
            max_connections: None,
            tls: None,
            metrics_port: None,
            metrics_host: None,
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

impl Scheme {
    /// Reads a scheme, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
    }

    /// The scheme as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that need not be written.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A switch may be written as a text, as everywhere: a reference gives one.
impl<'de> Deserialize<'de> for TrustProxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bool(TrustProxyVisitor)
    }
}

struct TrustProxyVisitor;

impl<'de> Visitor<'de> for TrustProxyVisitor {
    type Value = TrustProxy;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a boolean or a list of addresses")
    }

    fn visit_bool<E>(self, value: bool) -> Result<TrustProxy, E> {
        Ok(TrustProxy::Nearest(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<TrustProxy, A::Error> {
        let mut addresses = Vec::new();
        while let Some(address) = items.next_element()? {
            addresses.push(address);
        }
        Ok(TrustProxy::Addresses(addresses))
    }
}
