//! HTTP as far as the front end needs it, free of any host's types.

/// A request, complete.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`, ….
    pub method: String,
    /// Path without query: `/mcp`.
    pub path: String,
    /// `http` or `https`, as far as the host knows.
    pub scheme: Option<String>,
    /// Whom it is for: host and port.
    pub authority: Option<String>,
    /// Headers in order; names in any case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; none if it is larger than the front end takes.
    pub body: Option<Vec<u8>>,
}

/// A response, complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The values of a header, in order.
    pub fn header_values<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// A header that is there once, as text. None if it is absent, repeated, or no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.header_values(name);
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        std::str::from_utf8(value).ok()
    }

    /// Whether a header is there at all.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        self.header_values(name).next().is_some()
    }

    /// Whom the request is for: the `Host` header, or what the host says.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        if self.has_header("host") { self.header("host") } else { self.authority.as_deref() }
    }
}

impl Response {
    /// A response of plain text.
    #[must_use]
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        let headers = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
        Self { status, headers, body: text.into().into_bytes() }
    }

    /// A response of JSON.
    #[must_use]
    pub fn json(status: u16, value: &impl serde::Serialize) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        // Keys are texts and numbers are finite, so serialising can't fail.
        Self { status, headers, body: serde_json::to_vec(value).unwrap_or_default() }
    }

    /// The same response with a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
