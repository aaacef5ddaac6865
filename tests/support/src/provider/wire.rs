//! As much of HTTP as a provider needs.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use anyhow::Context as _;
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The parameters of the query.
    pub query: BTreeMap<String, String>,
    /// The headers; their names are in small letters.
    pub headers: BTreeMap<String, String>,
    /// The fields of the form in the body.
    pub form: BTreeMap<String, String>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Where else to go.
    pub location: Option<String>,
    /// The body, said to be JSON.
    pub body: String,
}

impl Request {
    /// Reads one.
    pub(super) fn read(stream: &TcpStream) -> anyhow::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let method = words.next().context("a method")?.to_owned();
        let target = words.next().context("a target")?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self { method, path: path.to_owned(), query: fields(query), ..Self::default() };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = request.headers.get("content-length").map_or(Ok(0), |length| length.parse())?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        request.form = fields(&String::from_utf8(body)?);
        Ok(request)
    }

    /// The token in the header.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        self.headers.get("authorization")?.strip_prefix("Bearer ")
    }

    /// A field of the form.
    pub(super) fn field(&self, key: &str) -> &str {
        self.form.get(key).map_or("", String::as_str)
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, key: &str) -> &str {
        self.query.get(key).map_or("", String::as_str)
    }
}

impl Reply {
    /// A document.
    pub(super) fn json(status: u16, body: &Json) -> Self {
        Self { status, location: None, body: body.to_string() }
    }

    /// The way to somewhere else.
    pub(super) fn redirect(location: String) -> Self {
        Self { status: 302, location: Some(location), body: String::new() }
    }

    pub(super) fn write(&self, mut stream: &TcpStream) -> anyhow::Result<()> {
        let mut head = format!("HTTP/1.1 {} x\r\nContent-Type: application/json\r\n", self.status);
        if let Some(location) = &self.location {
            head.push_str(&format!("Location: {location}\r\n"));
        }
        let length = self.body.len();
        write!(stream, "{head}Connection: close\r\nContent-Length: {length}\r\n\r\n{}", self.body)?;
        Ok(())
    }
}

/// The pairs of a query or a form.
pub(super) fn fields(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (decode(k), decode(v)))
        .collect()
}
